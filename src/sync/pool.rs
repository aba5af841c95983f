//! Buffers that are reused from table to table. If every table allocated its own, memory would grow, because the allocator retains
//! some for each thread that used it.

use std::sync::{Arc, Mutex};

use bytes::{Bytes, BytesMut};

use crate::avro::codec::Codec;
use crate::avro::container;

pub(super) struct Pool {
    pub(super) blocks: Arc<container::Pool>,
    chunks: Mutex<Vec<BytesMut>>,
}

impl Pool {
    pub(super) fn new(codec: Codec) -> Self {
        Self { blocks: Arc::new(container::Pool::new(codec)), chunks: Mutex::default() }
    }

    pub(super) fn chunk(&self) -> BytesMut {
        self.chunks.lock().ok().and_then(|mut chunks| chunks.pop()).unwrap_or_default()
    }

    /// Returns a chunk's buffer to the pool, unless the HTTP client still holds a reference; then it is freed later.
    pub(super) fn recycle(&self, chunk: Bytes) {
        if let (Ok(mut chunk), Ok(mut chunks)) = (chunk.try_into_mut(), self.chunks.lock()) {
            chunk.clear();
            chunks.push(chunk);
        }
    }
}
