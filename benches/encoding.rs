//! Measures the encoding of rows without a server. `cargo bench --bench encoding` shows the time per row and per value, and bytes per second.

use std::fmt;
use std::hint::black_box;

use divan::Bencher;
use divan::counter::BytesCount;
use mysql_bigquery_sync::avro::block::{BLOCK_BYTES, BlockBuilder};
use mysql_bigquery_sync::avro::datum::PRESENT;
use mysql_bigquery_sync::mapping::charset::Charset;
use mysql_bigquery_sync::mapping::convert::Encoding;

/// A nullable column, and its value as MySQL's binary protocol sends it.
#[derive(Clone, Copy)]
struct Column {
    name: &'static str,
    encoding: Encoding,
    value: &'static [u8],
}

impl fmt::Display for Column {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name)
    }
}

/// A row with values of every kind.
const ROW: [Column; 13] = [
    Column { name: "BIGINT", encoding: Encoding::Signed, value: &1_234_567_890_123_i64.to_le_bytes() },
    Column { name: "INT UNSIGNED", encoding: Encoding::Unsigned, value: &4_000_000_000_u32.to_le_bytes() },
    Column { name: "DECIMAL(12,2)", encoding: Encoding::Decimal { scale: 2 }, value: b"1234567.89" },
    Column {
        name: "DECIMAL(65,30)",
        encoding: Encoding::Decimal { scale: 30 },
        value: b"12345678901234567890.123456789012345678901234567890",
    },
    Column { name: "DOUBLE", encoding: Encoding::Float, value: &1234.5678_f64.to_le_bytes() },
    // Of dates and times, the first byte is the length of the rest.
    Column { name: "DATE", encoding: Encoding::Date, value: &[4, 0xe8, 0x07, 2, 29] },
    Column {
        name: "DATETIME(6)",
        encoding: Encoding::DateTime,
        value: &[11, 0xe8, 0x07, 2, 29, 12, 34, 56, 0x15, 0xcd, 0x0b, 0x00],
    },
    Column { name: "TIME", encoding: Encoding::Time, value: &[8, 0, 0, 0, 0, 0, 12, 34, 56] },
    Column {
        name: "VARCHAR",
        encoding: Encoding::Text(Charset::Utf8),
        value: "Jürgen Müller, Königsallee 1, Düsseldorf".as_bytes(),
    },
    Column { name: "VARCHAR latin1", encoding: Encoding::Text(Charset::Latin1), value: b"J\xfcrgen M\xfcller" },
    Column {
        name: "VARBINARY(20)",
        encoding: Encoding::Bytes,
        value: b"\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09abcdefghij",
    },
    Column {
        name: "JSON, checked",
        encoding: Encoding::JsonText(Charset::Utf8),
        value: br#"{"id": 17, "tags": ["a", "b"], "price": 12.5, "note": null}"#,
    },
    Column {
        name: "JSON",
        encoding: Encoding::Json,
        value: br#"{"id": 17, "tags": ["a", "b"], "price": 12.5, "note": null}"#,
    },
];

fn main() {
    divan::main();
}

fn append(column: Column, out: &mut Vec<u8>) {
    out.push(PRESENT);
    let appended = column.encoding.append(black_box(column.value), out);
    assert!(appended.is_ok(), "{column}: {appended:?}");
}

/// Encodings per reading of the clock, so that its cost does not show. A sample of rows fills a quarter of a block.
const SAMPLE: u32 = 1000;

/// Encodes rows into blocks as a sync does, with a spare buffer for the next block.
#[divan::bench(sample_size = SAMPLE)]
fn row(bencher: Bencher<'_, '_>) {
    let bytes: usize = ROW.iter().map(|column| column.value.len()).sum();
    let buffer = || Vec::with_capacity(2 * BLOCK_BYTES);
    let (mut blocks, mut spare) = (BlockBuilder::new(buffer()), buffer());
    bencher.counter(BytesCount::new(bytes)).bench_local(|| {
        let start = blocks.buffer().len();
        for column in ROW {
            append(column, blocks.buffer());
        }
        if blocks.end_row() {
            let full = blocks.take(start, std::mem::take(&mut spare));
            spare = full.data;
            spare.clear();
        }
    });
}

/// One value of each column.
#[divan::bench(args = ROW, sample_size = SAMPLE)]
fn value(bencher: Bencher<'_, '_>, column: Column) {
    let mut out = Vec::with_capacity(BLOCK_BYTES);
    bencher.counter(BytesCount::of_slice(column.value)).bench_local(|| {
        out.clear();
        append(column, &mut out);
    });
}
