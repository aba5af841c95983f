//! The container file: its header, and blocks compressed and framed.

use std::io;
use std::sync::{Arc, Mutex};

use crate::avro::block::{BLOCK_BYTES, Block};
use crate::avro::codec::{Codec, Compressor, Effort};
use crate::avro::datum::{put_bytes, put_long};

/// A block and the row that fills it, raw or, should it not compress at all, framed.
const BUFFER_BYTES: usize = BLOCK_BYTES + BLOCK_BYTES / 8;

/// Length of the marker between blocks.
const SYNC_BYTES: usize = 16;

/// Buffers and compressors that wait for the next block; more than this many are given back to the system. Without
/// reuse, a megabyte per block goes through the allocators of several threads, and each keeps a share.
const IDLE: usize = 8;

/// Writes one container file. Blocks may be compressed on any thread and stand in the file in any order.
pub struct Container {
    sync: [u8; SYNC_BYTES],
    pool: Arc<Pool>,
}

/// Memory that goes from block to block, and from table to table; all files of a pool have one codec.
#[derive(Default)]
pub struct Pool {
    codec: Codec,
    compressors: Mutex<Vec<Compressor>>,
    /// Buffers of blocks, raw or compressed, to be filled again.
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
    /// A container with a marker of its own.
    pub fn new(pool: Arc<Pool>) -> Self {
        Self { sync: uuid::Uuid::new_v4().into_bytes(), pool }
    }

    /// The file's first bytes: magic, metadata, sync marker.
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

    /// An empty buffer for a block, used before where possible.
    pub fn buffer(&self) -> Vec<u8> {
        pop(&self.pool.buffers).unwrap_or_else(|| Vec::with_capacity(BUFFER_BYTES))
    }

    /// Takes a buffer back that is not needed any more.
    pub fn recycle(&self, mut buffer: Vec<u8>) {
        // A huge row's buffer would stay huge for the rest of the table.
        if buffer.capacity() <= 2 * BUFFER_BYTES {
            buffer.clear();
            push(&self.pool.buffers, buffer);
        }
    }

    /// Compresses a block. Computes; not for the reactor's threads.
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

    /// The parts of the file that a block is: counts, data, marker. `counts` is where the first of them is made.
    pub fn frame<'a>(&'a self, packed: &'a Packed, counts: &'a mut Vec<u8>) -> [&'a [u8]; 3] {
        counts.clear();
        put_long(counts, packed.rows.cast_signed());
        // A slice is never longer than isize::MAX, so its length is a long.
        put_long(counts, packed.data.len() as i64);
        [counts, &packed.data, &self.sync]
    }

    /// Takes back what a block was in.
    pub fn recycle_packed(&self, packed: Packed) {
        self.recycle(packed.data);
    }
}

fn pop<T>(idle: &Mutex<Vec<T>>) -> Option<T> {
    idle.lock().ok()?.pop()
}

fn push<T>(idle: &Mutex<Vec<T>>, item: T) {
    if let Ok(mut idle) = idle.lock()
        && idle.len() < IDLE
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
    fn another_reader_finds_every_row_whatever_the_codec() {
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
    fn bytes_that_do_not_compress_arrive_whatever_the_codec() {
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
    fn blocks_of_every_effort_stand_in_one_file() {
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
    fn a_file_without_rows_is_a_valid_file() {
        let schema = record_schema([AvroField { name: "id".into(), kind: AvroType::Json, nullable: true }]);
        let file = Container::new(Arc::default()).header(&schema);
        assert_eq!(Reader::new(&file[..]).unwrap().count(), 0);
    }
}
