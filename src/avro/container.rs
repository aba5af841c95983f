//! The container file: the header, then compressed and framed blocks.

use std::io;
use std::sync::{Arc, Mutex};

use crate::avro::block::{BLOCK_BYTES, Block};
use crate::avro::codec::{Codec, Compressor, Effort};
use crate::avro::datum::{put_bytes, put_long};

/// Room for a block and the row that fills it, raw or compressed, even if it does not compress at all.
const BUFFER_BYTES: usize = BLOCK_BYTES + BLOCK_BYTES / 8;

/// The length of the sync marker between blocks.
const SYNC_BYTES: usize = 16;

/// At most this many idle buffers and compressors are kept for the next blocks; the rest are freed. Without reuse, a
/// megabyte per block would go through the allocators of several threads, and each would hold on to a share.
const MAX_IDLE: usize = 8;

/// Writes one container file. Any thread can compress blocks, and blocks can follow each other in any order.
pub struct Container {
    sync: [u8; SYNC_BYTES],
    pool: Arc<Pool>,
}

/// Memory that blocks and tables reuse. All files of a pool have the same codec.
#[derive(Default)]
pub struct Pool {
    codec: Codec,
    compressors: Mutex<Vec<Compressor>>,
    /// Empty buffers for raw or compressed blocks.
    buffers: Mutex<Vec<Vec<u8>>>,
}

impl Pool {
    /// An empty pool.
    pub fn new(codec: Codec) -> Self {
        Self { codec, ..Self::default() }
    }
}

/// A compressed block.
#[derive(Debug)]
pub struct Packed {
    rows: u64,
    data: Vec<u8>,
}

impl Container {
    /// A container with a new sync marker.
    pub fn new(pool: Arc<Pool>) -> Self {
        Self { sync: uuid::Uuid::new_v4().into_bytes(), pool }
    }

    /// The first bytes of the file: magic, metadata, sync marker.
    pub fn header(&self, schema: &str) -> Vec<u8> {
        let mut out = b"Obj\x01".to_vec();
        put_long(&mut out, 2);
        for (key, value) in [("avro.codec", self.pool.codec.name()), ("avro.schema", schema)] {
            put_bytes(&mut out, key.as_bytes());
            put_bytes(&mut out, value.as_bytes());
        }
        put_long(&mut out, 0);
        out.extend_from_slice(&self.sync);
        out
    }

    /// An empty buffer for a block, from the pool if possible.
    pub fn buffer(&self) -> Vec<u8> {
        pop(&self.pool.buffers).unwrap_or_else(|| Vec::with_capacity(BUFFER_BYTES))
    }

    /// Returns a buffer to the pool.
    pub fn recycle(&self, mut buffer: Vec<u8>) {
        // The buffer of a huge row would take its memory for the rest of the table.
        if buffer.capacity() <= 2 * BUFFER_BYTES {
            buffer.clear();
            push(&self.pool.buffers, buffer);
        }
    }

    /// Compresses a block. This is CPU-bound: do not call it on an async thread.
    pub fn compress(&self, block: Block, effort: Effort) -> io::Result<Packed> {
        let mut compressor = match pop(&self.pool.compressors) {
            Some(compressor) => compressor,
            None => Compressor::new(self.pool.codec)?,
        };
        let mut data = self.buffer();
        compressor.compress(&block.data, effort, &mut data)?;
        self.recycle(block.data);
        push(&self.pool.compressors, compressor);
        Ok(Packed { rows: block.rows, data })
    }

    /// The parts of a framed block: counts, data, sync marker. The counts are written to `counts`.
    pub fn frame<'a>(&'a self, packed: &'a Packed, counts: &'a mut Vec<u8>) -> [&'a [u8]; 3] {
        counts.clear();
        put_long(counts, packed.rows.cast_signed());
        // A slice is never longer than isize::MAX, so its length is a long.
        put_long(counts, packed.data.len() as i64);
        [counts, &packed.data, &self.sync]
    }

    /// Returns the buffer of a compressed block to the pool.
    pub fn recycle_packed(&self, packed: Packed) {
        self.recycle(packed.data);
    }
}

fn pop<T>(idle: &Mutex<Vec<T>>) -> Option<T> {
    idle.lock().ok()?.pop()
}

fn push<T>(idle: &Mutex<Vec<T>>, item: T) {
    if let Ok(mut idle) = idle.lock()
        && idle.len() < MAX_IDLE
    {
        idle.push(item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::avro::schema::{AvroField, AvroType, record_schema};
    use apache_avro::{Reader, types::Value};

    #[test]
    fn another_reader_finds_every_row_with_every_codec() {
        for codec in [Codec::Adaptive, Codec::Zstd(-5), Codec::Snappy, Codec::Deflate(1), Codec::Null] {
            let container = Container::new(Arc::new(Pool::new(codec)));
            let schema = record_schema([AvroField { name: "id".into(), kind: AvroType::Long, nullable: false }]);
            let mut file = container.header(&schema);
            for start in [0, 1000] {
                let mut block = Block { rows: 1000, data: container.buffer() };
                for id in start..start + 1000 {
                    put_long(&mut block.data, id);
                }
                let packed = container.compress(block, Effort::Full).unwrap();
                file.extend(container.frame(&packed, &mut Vec::new()).concat());
            }
            let rows: Vec<Value> = Reader::new(&file[..]).unwrap().map(Result::unwrap).collect();
            assert_eq!(rows.len(), 2000, "{codec}");
            assert_eq!(rows[1999], Value::Record(vec![("id".into(), Value::Long(1999))]));
        }
    }

    #[test]
    fn incompressible_bytes_survive_every_codec() {
        use rand::{RngCore as _, SeedableRng as _};
        let mut noise = vec![0; 3_000_000];
        rand::rngs::SmallRng::seed_from_u64(1).fill_bytes(&mut noise);
        for codec in [Codec::Adaptive, Codec::Snappy, Codec::Deflate(9), Codec::Null] {
            let container = Container::new(Arc::new(Pool::new(codec)));
            let schema = record_schema([AvroField { name: "b".into(), kind: AvroType::Bytes, nullable: false }]);
            let mut file = container.header(&schema);
            let mut block = Block { rows: 1, data: container.buffer() };
            put_bytes(&mut block.data, &noise);
            let packed = container.compress(block, Effort::Full).unwrap();
            file.extend(container.frame(&packed, &mut Vec::new()).concat());
            let rows: Vec<Value> = Reader::new(&file[..]).unwrap().map(Result::unwrap).collect();
            assert_eq!(rows, [Value::Record(vec![("b".into(), Value::Bytes(noise.clone()))])], "{codec}");
        }
    }

    #[test]
    fn one_file_can_have_blocks_of_every_effort() {
        let container = Container::new(Arc::default());
        let schema = record_schema([AvroField { name: "id".into(), kind: AvroType::Long, nullable: false }]);
        let mut file = container.header(&schema);
        let mut sizes = Vec::new();
        for effort in [Effort::Full, Effort::Less, Effort::Least] {
            let mut block = Block { rows: 10_000, data: container.buffer() };
            (0..10_000).for_each(|id| put_long(&mut block.data, id % 100));
            let packed = container.compress(block, effort).unwrap();
            sizes.push(packed.data.len());
            file.extend(container.frame(&packed, &mut Vec::new()).concat());
        }
        assert_eq!(Reader::new(&file[..]).unwrap().map(Result::unwrap).count(), 30_000);
        assert!(sizes.is_sorted(), "{sizes:?}");
    }

    #[test]
    fn a_file_without_rows_is_valid() {
        let schema = record_schema([AvroField { name: "id".into(), kind: AvroType::Json, nullable: true }]);
        let file = Container::new(Arc::default()).header(&schema);
        assert_eq!(Reader::new(&file[..]).unwrap().count(), 0);
    }
}
