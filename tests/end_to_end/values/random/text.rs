//! Random text, bytes and documents, in every character set.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;

use super::generate::{Type, plain};
use crate::support::Server;

/// Text as SQL, independent of the client's character set.
pub fn quoted(text: &str) -> String {
    format!("_utf8mb4 X'{}'", hex(text.as_bytes()))
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn characters() -> BoxedStrategy<String> {
    let pool = [
        "a",
        "Z",
        "0",
        " ",
        "\t",
        "\n",
        "\r",
        "\\",
        "'",
        "\"",
        "`",
        "\0",
        "%",
        "NULL",
        "é",
        "ß",
        "ż",
        "П",
        "漢",
        "カ",
        "한",
        "ا",
        "\u{301}",
        "\u{feff}",
        "\u{fffd}",
        "\u{7f}",
        "\u{80}",
        "🎈",
        "𝕏",
        "\u{10ffff}",
        "  ",
    ];
    prop_oneof![
        1 => Just(String::new()),
        4 => vec(select(pool.to_vec()), 0..12).prop_map(|parts| parts.concat()),
        2 => vec(any::<char>(), 0..12).prop_map(String::from_iter),
        1 => (select(vec!["x", "é", "🎈"]), 100usize..2000).prop_map(|(part, times)| part.repeat(times)),
    ]
    .boxed()
}

pub fn text(server: Server) -> BoxedStrategy<Type> {
    let mut charsets = vec![
        "utf8mb4",
        "utf8mb4",
        "utf8mb4 COLLATE utf8mb4_bin",
        "utf8mb3",
        "utf8mb3 COLLATE utf8mb3_bin",
        "latin1",
        "latin1 COLLATE latin1_bin",
        "ucs2",
        "utf16",
        "utf16le",
        "utf32",
        "ascii",
        "sjis",
        "cp932",
        "ujis",
        "euckr",
        "big5",
        "gbk",
        "cp1251",
        "latin2",
        "greek",
        "binary",
    ];
    if server == Server::MySql {
        charsets.push("gb18030");
    }
    let names = ["CHAR(20)", "VARCHAR(50)", "VARCHAR(200)", "TINYTEXT", "TEXT", "MEDIUMTEXT", "LONGTEXT"];
    (select(names.to_vec()), select(charsets))
        .prop_map(|(name, charset)| {
            plain(format!("{name} CHARACTER SET {charset}"), characters().prop_map(|text| quoted(&text)))
        })
        .boxed()
}

/// Any byte, in single-byte character sets.
pub fn single_byte_text() -> BoxedStrategy<Type> {
    let charsets = ["latin1", "latin2", "cp1250", "cp1251", "cp1256", "koi8r", "greek", "hebrew", "cp850", "macroman"];
    select(charsets.to_vec())
        .prop_map(|charset| {
            let bytes = vec(any::<u8>(), 0..40).prop_map(move |bytes| format!("_{charset} X'{}'", hex(&bytes)));
            plain(format!("VARCHAR(50) CHARACTER SET {charset}"), bytes)
        })
        .boxed()
}

/// Any byte, in character sets of one or two bytes per character. The server truncates at an invalid character.
pub fn multi_byte_text() -> BoxedStrategy<Type> {
    let charsets = ["sjis", "cp932", "ujis", "eucjpms", "euckr", "gb2312", "gbk", "big5", "ucs2", "utf16"];
    select(charsets.to_vec())
        .prop_map(|charset| {
            let part = prop_oneof![
                1 => (0x20u8..0x7f).prop_map(|byte| vec![byte]),
                3 => (0x81u8..0xff, 0x40u8..0xff).prop_map(|(lead, trail)| vec![lead, trail]),
            ];
            let bytes = vec(part, 0..20).prop_map(|parts| format!("X'{}'", hex(&parts.concat())));
            plain(format!("VARCHAR(50) CHARACTER SET {charset}"), bytes)
        })
        .boxed()
}

pub fn binary() -> BoxedStrategy<Type> {
    let names = ["BINARY(8)", "VARBINARY(100)", "TINYBLOB", "BLOB", "MEDIUMBLOB", "LONGBLOB"];
    let bytes = prop_oneof![
        1 => select(vec![vec![], vec![0], vec![255], vec![0; 8], b"\0\0x \0".to_vec()]),
        3 => vec(any::<u8>(), 0..100),
    ];
    let literals = bytes.prop_map(|bytes| format!("X'{}'", hex(&bytes)));
    select(names.to_vec()).prop_map(move |name| plain(name.into(), literals.clone())).boxed()
}

pub fn listed() -> BoxedStrategy<Type> {
    let members = "('a', 'b é', '漢', 'with ''quote''', '', 'tab\\t')";
    let charset = select(vec!["utf8mb4", "utf8mb3", "utf16", "ucs2"]);
    (charset, any::<bool>())
        .prop_map(move |(charset, set)| {
            if set {
                let members = "('a', 'b é', '漢', 'z')";
                plain(format!("SET{members} CHARACTER SET {charset}"), (0u32..16).prop_map(|n| n.to_string()))
            } else {
                // 0 is the empty text that stands for an invalid member.
                plain(format!("ENUM{members} CHARACTER SET {charset}"), (0u32..=6).prop_map(|n| n.to_string()))
            }
        })
        .boxed()
}

pub fn json(server: Server) -> BoxedStrategy<String> {
    let numbers =
        ["0", "-1", "1.5", "9007199254740993", "18446744073709551615", "-9223372036854775808", "1e300", "1e-7", "0.1"];
    let leaf = prop_oneof![
        select(vec!["null", "true", "false", "\"\"", "[]", "{}"]).prop_map(str::to_owned),
        select(numbers.to_vec()).prop_map(str::to_owned),
        any::<i64>().prop_map(|n| n.to_string()),
        characters().prop_map(|text| serde_json::to_string(&text).unwrap()),
    ];
    // MariaDB accepts 32 levels and MySQL 100; `values::json` tests the deepest.
    let tree = leaf.prop_recursive(6, 20, 4, |inner| {
        // Repeated names are refused.
        let members = btree_map(characters(), inner.clone(), 0..4);
        let member = |(name, value): (String, String)| format!("{}: {value}", serde_json::to_string(&name).unwrap());
        prop_oneof![
            vec(inner, 0..4).prop_map(|items| format!("[{}]", items.join(", "))),
            members.prop_map(move |members| {
                format!("{{{}}}", members.into_iter().map(member).collect::<Vec<_>>().join(", "))
            }),
        ]
    });
    match server {
        Server::MariaDb => tree.prop_map(|text| quoted(&text)).boxed(),
        Server::MySql => tree.prop_map(|text| format!("CAST({} AS JSON)", quoted(&text))).boxed(),
    }
}
