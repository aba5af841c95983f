//! Datums of whole rows, gathered into blocks.

/// A block is closed when it holds this much: large enough for zstd to find repetitions and for framing to cost
/// nothing, small enough that the blocks in flight stay a few MiB.
pub const BLOCK_BYTES: usize = 1 << 20;

/// BigQuery reads no block larger than 16 MB ("Loading Avro data", limitations), so no row can be larger either.
pub const LARGEST_ROW_BYTES: usize = 16_000_000;

/// Whole rows, not yet compressed.
#[derive(Debug, Default)]
pub struct Block {
    /// How many rows.
    pub rows: u64,
    /// Their datums, one after another.
    pub data: Vec<u8>,
}

/// Gathers rows into blocks.
#[derive(Debug, Default)]
pub struct BlockBuilder {
    block: Block,
}

impl BlockBuilder {
    /// Starts with an empty buffer.
    pub fn new(buffer: Vec<u8>) -> Self {
        Self { block: Block { rows: 0, data: buffer } }
    }

    /// Where the next row's datum is to be appended.
    #[inline]
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.block.data
    }

    /// Says that the bytes from `row_start` on are one whole row. True when the block is to be taken now.
    #[inline]
    pub fn end_row(&mut self) -> bool {
        self.block.rows += 1;
        self.block.data.len() >= BLOCK_BYTES
    }

    /// The block so far, without its last row when that one would make the block too large to load; the row then
    /// starts the next block, in the empty `buffer`.
    pub fn take(&mut self, last_row_start: usize, mut buffer: Vec<u8>) -> Block {
        let too_large = self.block.data.len() > LARGEST_ROW_BYTES && self.block.rows > 1;
        if !too_large {
            return std::mem::replace(&mut self.block, Block { rows: 0, data: buffer });
        }
        buffer.extend_from_slice(self.block.data.get(last_row_start..).unwrap_or_default());
        self.block.data.truncate(last_row_start);
        let mut full = std::mem::replace(&mut self.block, Block { rows: 1, data: buffer });
        full.rows -= 1;
        full
    }

    /// The last block; `None` when it has no rows.
    pub fn finish(self) -> Option<Block> {
        (self.block.rows > 0).then_some(self.block)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_would_make_the_block_too_large_starts_the_next_one() {
        let mut builder = BlockBuilder::new(Vec::new());
        builder.buffer().extend_from_slice(&[1; 1000]);
        assert!(!builder.end_row());
        let start = builder.buffer().len();
        builder.buffer().resize(start + LARGEST_ROW_BYTES, 2);
        assert!(builder.end_row());
        let block = builder.take(start, Vec::new());
        assert_eq!((block.rows, block.data.len()), (1, 1000));
        let rest = builder.finish().unwrap();
        assert_eq!((rest.rows, rest.data.len()), (1, LARGEST_ROW_BYTES));
        assert!(rest.data.iter().all(|byte| *byte == 2));
    }

    #[test]
    fn an_ordinary_full_block_is_taken_whole() {
        let mut builder = BlockBuilder::new(Vec::new());
        builder.buffer().resize(BLOCK_BYTES, 0);
        assert!(builder.end_row());
        assert_eq!(builder.take(0, Vec::new()).rows, 1);
        assert!(builder.finish().is_none());
    }
}
