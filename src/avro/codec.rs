//! Codecs that compress the datums of a block. `AVRO_CODEC` selects one.
//!
//! Sources: "Required codecs" and "Optional codecs" in the Avro specification. "Loading Avro data", compression, lists the
//! codecs that BigQuery can read.

use std::fmt;
use std::io;
use std::str::FromStr;

use flate2::{Compress, Compression, FlushCompress, Status};

/// The levels of zstd. Negative levels are faster and compress less.
const ZSTD_LEVELS: std::ops::RangeInclusive<i32> = -7..=19;
/// The levels of deflate.
const DEFLATE_LEVELS: std::ops::RangeInclusive<i32> = 1..=9;

/// How hard to compress a block if the codec adapts to the load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// The compressors keep up, or the upload is the bottleneck. This is level 1: level 3 takes twice the time and saves
    /// only a tenth of the bytes.
    Full,
    /// Blocks are starting to wait for the compressors.
    Less,
    /// The reader is waiting for the compressors. Almost nothing is compressed.
    Least,
}

impl Effort {
    /// The zstd level.
    fn level(self) -> i32 {
        match self {
            Self::Full => 1,
            Self::Less => -7,
            Self::Least => -500,
        }
    }
}

/// A codec and its level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Codec {
    /// `zstandard` at a level that adapts to the load.
    #[default]
    Adaptive,
    /// `zstandard` at a fixed level.
    Zstd(i32),
    /// `snappy`.
    Snappy,
    /// `deflate`.
    Deflate(u32),
    /// `null`: no compression.
    Null,
}

impl Codec {
    /// The value of `avro.codec` in the file header.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Adaptive | Self::Zstd(_) => "zstandard",
            Self::Snappy => "snappy",
            Self::Deflate(_) => "deflate",
            Self::Null => "null",
        }
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Adaptive => formatter.write_str("zstd"),
            Self::Zstd(level) => write!(formatter, "zstd:{level}"),
            Self::Snappy => formatter.write_str("snappy"),
            Self::Deflate(level) => write!(formatter, "deflate:{level}"),
            Self::Null => formatter.write_str("null"),
        }
    }
}

impl FromStr for Codec {
    type Err = ();

    /// Parses `zstd`, `zstd:3`, `snappy`, `deflate`, `deflate:6` or `null`.
    ///
    /// ```
    /// use mysql_bigquery_sync::avro::codec::Codec;
    ///
    /// assert_eq!("zstd".parse(), Ok(Codec::Adaptive));
    /// assert_eq!("zstd:3".parse(), Ok(Codec::Zstd(3)));
    /// assert!("zstd:0".parse::<Codec>().is_err() && "gzip".parse::<Codec>().is_err());
    /// ```
    fn from_str(text: &str) -> Result<Self, ()> {
        let lower = text.to_ascii_lowercase();
        let (name, level) = match lower.split_once(':') {
            Some((name, level)) => (name, Some(level.parse::<i32>().map_err(drop)?)),
            None => (&*lower, None),
        };
        match (name, level) {
            ("zstd" | "zstandard", None) => Ok(Self::Adaptive),
            ("zstd" | "zstandard", Some(level)) => {
                (ZSTD_LEVELS.contains(&level) && level != 0).then_some(Self::Zstd(level)).ok_or(())
            }
            ("deflate", level) => {
                let level = level.unwrap_or(1);
                DEFLATE_LEVELS.contains(&level).then_some(Self::Deflate(level.unsigned_abs())).ok_or(())
            }
            ("snappy", None) => Ok(Self::Snappy),
            ("null", None) => Ok(Self::Null),
            _ => Err(()),
        }
    }
}

/// The state of a codec, reused from block to block.
pub(super) enum Compressor {
    Zstd {
        zstd: zstd::bulk::Compressor<'static>,
        /// Whether the effort of each block sets the level.
        adaptive: bool,
    },
    Snappy(Box<snap::raw::Encoder>),
    Deflate(Compress),
    Null,
}

impl Compressor {
    pub(super) fn new(codec: Codec) -> io::Result<Self> {
        Ok(match codec {
            Codec::Adaptive => Self::Zstd { zstd: zstd::bulk::Compressor::default(), adaptive: true },
            Codec::Zstd(level) => Self::Zstd { zstd: zstd::bulk::Compressor::new(level)?, adaptive: false },
            Codec::Snappy => Self::Snappy(Box::new(snap::raw::Encoder::new())),
            // Avro uses raw deflate (RFC 1951), without the zlib frame.
            Codec::Deflate(level) => Self::Deflate(Compress::new(Compression::new(level), false)),
            Codec::Null => Self::Null,
        })
    }

    /// Compresses `data` into `packed`, which must be empty.
    pub(super) fn compress(&mut self, data: &[u8], effort: Effort, packed: &mut Vec<u8>) -> io::Result<()> {
        match self {
            Self::Zstd { zstd, adaptive } => {
                if *adaptive {
                    zstd.set_compression_level(effort.level())?;
                }
                packed.reserve(zstd::zstd_safe::compress_bound(data.len()));
                zstd.compress_to_buffer(data, packed)?;
            }
            Self::Snappy(snappy) => {
                packed.resize(snap::raw::max_compress_len(data.len()), 0);
                let length = snappy.compress(data, packed).map_err(io::Error::other)?;
                packed.truncate(length);
                // The CRC-32 of the uncompressed data, big-endian.
                packed.extend_from_slice(&crc32fast::hash(data).to_be_bytes());
            }
            Self::Deflate(deflate) => {
                deflate.reset();
                // Incompressible data is stored, with 5 extra bytes for every 16 KiB or more.
                packed.reserve(data.len() + data.len() / 1024 + 64);
                let status = deflate.compress_vec(data, packed, FlushCompress::Finish)?;
                if status != Status::StreamEnd {
                    return Err(io::Error::other("deflate produced more output than expected"));
                }
            }
            Self::Null => packed.extend_from_slice(data),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codecs_round_trip_as_text() {
        for text in ["zstd", "zstd:1", "zstd:-5", "zstd:19", "snappy", "deflate:1", "deflate:9", "null"] {
            assert_eq!(text.parse::<Codec>().unwrap().to_string(), text);
        }
        assert_eq!("Zstandard".parse(), Ok(Codec::default()));
        for text in ["", "gzip", "zstd:0", "zstd:20", "zstd:x", "deflate:0", "deflate:10", "snappy:1", "null:1"] {
            assert!(text.parse::<Codec>().is_err(), "{text}");
        }
    }
}
