//! The container file: its header, and blocks compressed and framed.

use std::io;
use std::sync::{Arc, Mutex};

use crate::avro::block::{BLOCK_BYTES, Block};
use crate::avro::codec::{Codec, Compressor};
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
    presses: Mutex<Vec<Press>>,
    /// Buffers of blocks, raw or compressed, to be filled again.
    buffers: Mutex<Vec<Vec<u8>>>,
}

impl Pool {
    /// An empty pool.
    pub fn new(codec: Codec) -> Self {
        Self { codec, ..Self::default() }
    }
}

/// A compressor and where it puts what it made.
struct Press {
    compressor: Compressor,
    packed: Vec<u8>,
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

    /// Compresses a block and frames it for the file. Computes; not for the reactor's threads.
    pub fn compress(&self, block: Block) -> io::Result<Vec<u8>> {
        let mut press = match pop(&self.pool.presses) {
            Some(press) => press,
            None => Press { compressor: Compressor::new(self.pool.codec)?, packed: Vec::new() },
        };
        press.packed.clear();
        press.compressor.compress(&block.data, &mut press.packed)?;
        self.recycle(block.data);
        let mut out = self.buffer();
        put_long(&mut out, block.rows.cast_signed());
        put_bytes(&mut out, &press.packed);
        out.extend_from_slice(&self.sync);
        if press.packed.capacity() <= 2 * BUFFER_BYTES {
            push(&self.pool.presses, press);
        }
        Ok(out)
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
        for codec in [Codec::Zstd(1), Codec::Zstd(-5), Codec::Snappy, Codec::Deflate(1), Codec::Null] {
            let container = Container::new(Arc::new(Pool::new(codec)));
            let schema = record_schema([AvroField { name: "id".into(), kind: AvroType::Long, nullable: false }]);
            let mut file = container.header(&schema);
            for start in [0, 1000] {
                let mut block = Block { rows: 1000, data: container.buffer() };
                for id in start..start + 1000 {
                    put_long(&mut block.data, id);
                }
                file.extend(container.compress(block).unwrap());
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
        for codec in [Codec::Zstd(1), Codec::Snappy, Codec::Deflate(9), Codec::Null] {
            let container = Container::new(Arc::new(Pool::new(codec)));
            let schema = record_schema([AvroField { name: "b".into(), kind: AvroType::Bytes, nullable: false }]);
            let mut file = container.header(&schema);
            let mut block = Block { rows: 1, data: container.buffer() };
            put_bytes(&mut block.data, &noise);
            file.extend(container.compress(block).unwrap());
            let rows: Vec<Value> = Reader::new(&file[..]).unwrap().map(Result::unwrap).collect();
            assert_eq!(rows, [Value::Record(vec![("b".into(), Value::Bytes(noise.clone()))])], "{codec}");
        }
    }

    #[test]
    fn a_file_without_rows_is_a_valid_file() {
        let schema = record_schema([AvroField { name: "id".into(), kind: AvroType::Json, nullable: true }]);
        let file = Container::new(Arc::default()).header(&schema);
        assert_eq!(Reader::new(&file[..]).unwrap().count(), 0);
    }
}
