//! The container file: its header, and blocks compressed and framed.

use std::io;
use std::sync::{Arc, Mutex};

use crate::avro::block::{BLOCK_BYTES, Block};
use crate::avro::datum::{put_bytes, put_long};

/// zstd's fastest positive level: the reader is the bottleneck, and level 3 costs twice the time for a tenth of the bytes.
const ZSTD_LEVEL: i32 = 1;

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

/// Memory that goes from block to block, and from table to table.
#[derive(Default)]
pub struct Pool {
    compressors: Mutex<Vec<Compressor>>,
    /// Buffers of blocks, raw or compressed, to be filled again.
    buffers: Mutex<Vec<Vec<u8>>>,
}

struct Compressor {
    zstd: zstd::bulk::Compressor<'static>,
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
        for (key, value) in [("avro.codec", "zstandard"), ("avro.schema", schema)] {
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
        let mut compressor = match pop(&self.pool.compressors) {
            Some(compressor) => compressor,
            None => Compressor { zstd: zstd::bulk::Compressor::new(ZSTD_LEVEL)?, packed: Vec::new() },
        };
        let packed = &mut compressor.packed;
        packed.clear();
        packed.reserve(zstd::zstd_safe::compress_bound(block.data.len()));
        compressor.zstd.compress_to_buffer(&block.data, packed)?;
        self.recycle(block.data);
        let mut out = self.buffer();
        put_long(&mut out, block.rows.cast_signed());
        put_bytes(&mut out, packed);
        out.extend_from_slice(&self.sync);
        if compressor.packed.capacity() <= 2 * BUFFER_BYTES {
            push(&self.pool.compressors, compressor);
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
    fn another_reader_finds_every_row() {
        let container = Container::new(Arc::default());
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
        assert_eq!(rows.len(), 2000);
        assert_eq!(rows[1999], Value::Record(vec![("id".into(), Value::Long(1999))]));
    }

    #[test]
    fn a_file_without_rows_is_a_valid_file() {
        let schema = record_schema([AvroField { name: "id".into(), kind: AvroType::Json, nullable: true }]);
        let file = Container::new(Arc::default()).header(&schema);
        assert_eq!(Reader::new(&file[..]).unwrap().count(), 0);
    }
}
