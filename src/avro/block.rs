//! Collects the datums of whole rows into blocks.

/// A block is full at this size. That is large enough for zstd to find repetitions and for framing to cost next to
/// nothing, and small enough that all blocks in flight take only a few MiB.
pub const BLOCK_BYTES: usize = 1 << 20;

/// BigQuery cannot read a block larger than 16 MB ("Loading Avro data", limitations), so a row cannot be larger either.
pub const LARGEST_ROW_BYTES: usize = 16_000_000;

/// Whole rows before compression.
#[derive(Debug, Default)]
pub struct Block {
    /// The number of rows.
    pub rows: u64,
    /// The datums of the rows, concatenated.
    pub data: Vec<u8>,
}

/// Collects rows into blocks.
#[derive(Debug, Default)]
pub struct BlockBuilder {
    block: Block,
}

impl BlockBuilder {
    /// Starts with an empty buffer.
    pub fn new(buffer: Vec<u8>) -> Self {
        Self { block: Block { rows: 0, data: buffer } }
    }

    /// The buffer that the next row's datum must be appended to.
    #[inline]
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.block.data
    }

    /// Ends the row that was just appended. Returns true when the block is full and must be taken.
    #[inline]
    pub fn end_row(&mut self) -> bool {
        self.block.rows += 1;
        self.block.data.len() >= BLOCK_BYTES
    }

    /// Takes the block and starts the next one in the empty `buffer`. If the last row makes the block too large to load,
    /// that row moves to the next block.
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

    /// The last block; `None` if it has no rows.
    pub fn finish(self) -> Option<Block> {
        (self.block.rows > 0).then_some(self.block)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_makes_the_block_too_large_moves_to_the_next_block() {
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
    fn a_full_block_is_taken_whole() {
        let mut builder = BlockBuilder::new(Vec::new());
        builder.buffer().resize(BLOCK_BYTES, 0);
        assert!(builder.end_row());
        assert_eq!(builder.take(0, Vec::new()).rows, 1);
        assert!(builder.finish().is_none());
    }
}
