//! Memory that goes from table to table. Given back and taken anew for every table, it would grow: the allocator keeps a share of it
//! for each thread that ever touched it.

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

    /// Takes a chunk's memory back, unless the HTTP client still has a share in it: then it is freed later.
    pub(super) fn recycle(&self, chunk: Bytes) {
        if let (Ok(mut chunk), Ok(mut chunks)) = (chunk.try_into_mut(), self.chunks.lock()) {
            chunk.clear();
            chunks.push(chunk);
        }
    }
}
