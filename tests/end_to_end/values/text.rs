//! Text: every character set, the longest values, and invalid bytes.

use crate::support::{Place, Server, apply, on_both_servers};

#[apply(on_both_servers)]
fn text_arrives_whatever_its_charset(place: Place) {
    let charsets = ["utf8mb4", "utf8mb3", "latin1", "ucs2", "utf16", "sjis", "cp1251", "ascii", "binary"];
    for charset in charsets {
        let sample = match charset {
            "utf8mb4" | "utf16" => "né🎈漢",
            "utf8mb3" | "ucs2" => "né漢",
            "latin1" => "né",
            "sjis" => "漢字カナ",
            "cp1251" => "Привет",
            _ => "plain",
        };
        place.sql(&format!(
            "CREATE TABLE in_{charset} (id INT PRIMARY KEY, c CHAR(20) CHARACTER SET {charset}, \
             v VARCHAR(50) CHARACTER SET {charset}, t TEXT CHARACTER SET {charset}, e ENUM('{sample}') CHARACTER SET {charset});
             INSERT INTO in_{charset} VALUES (1, '{sample}', '{sample}', REPEAT('{sample}', 500), 1), (2, NULL, '', '', NULL)"
        ));
    }
    place.sync().run().succeeded();
    let tables: Vec<String> = charsets.iter().map(|charset| format!("in_{charset}")).collect();
    place.assert_equal(&tables.iter().map(String::as_str).collect::<Vec<_>>());
}

#[apply(on_both_servers)]
fn the_longest_text_and_sets_arrive_whole(place: Place) {
    let members: Vec<String> = (0..64).map(|member| format!("'m{member}'")).collect();
    let names: Vec<String> = (0..3000).map(|member| format!("'é{member}'")).collect();
    place.sql(&format!(
        "CREATE TABLE t (id INT PRIMARY KEY, c CHAR(255), v VARCHAR(15000), tt TINYTEXT, tx TEXT, s SET({}), e ENUM({}));
         INSERT INTO t VALUES (1, REPEAT('🎈', 255), REPEAT('🎈', 15000), REPEAT('é', 127), REPEAT('x', 65535),
             18446744073709551615, 3000), (2, ' a ', ' a ', ' a ', ' a ', 9223372036854775808, 1)",
        members.join(","),
        names.join(","),
    ));
    place.sync().run().succeeded();
    place.assert_equal(&["t"]);
}

#[apply(on_both_servers)]
fn bytes_that_are_not_utf8_arrive_as_their_characters(place: Place) {
    let every_byte: String = (0..=255u8).map(|byte| format!("{byte:02x}")).collect();
    place.sql(&format!(
        "SET sql_mode = '';
         CREATE TABLE t (id INT PRIMARY KEY, l VARCHAR(300) CHARACTER SET latin1, k VARCHAR(300) CHARACTER SET koi8r COLLATE koi8r_bin,
             u VARCHAR(300) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, b VARBINARY(300), s VARCHAR(300) CHARACTER SET sjis);
         INSERT INTO t VALUES (1, X'{every_byte}', X'{every_byte}', _utf8mb4 X'6100620D0A09', X'{every_byte}', 'ａカ漢\\0');
         INSERT INTO t (id, u) SELECT 2, CONVERT(b USING utf8mb4) FROM t WHERE id = 1;
         INSERT INTO t (id, u) SELECT 3, CONVERT(l USING utf8mb4) FROM t WHERE id = 1"
    ));
    place.sync().run().succeeded();
    place.assert_equal(&["t"]);
}

#[apply(on_both_servers)]
fn text_outside_unicode_follows_the_policy(place: Place) {
    // Half of a surrogate pair, and an unassigned sjis code, for which the server would send a question mark.
    let mut cases = vec![
        ("ucs2", "_ucs2 X'0061D83C0062'", "0x0061d83c0062 is not valid UTF-16"),
        ("sjis", "_sjis X'613FFA5C'", "\"a??\" is the server's conversion of text"),
    ];
    if place.server == Server::MariaDb {
        cases.push(("utf8mb4", "_utf8mb4 X'61EDA080'", "0x61eda080 is not valid UTF-8"));
        cases.push(("utf8mb3", "_utf8mb3 X'61EDA080'", "0x61eda080 is not valid UTF-8"));
        cases.push(("utf32", "_utf32 X'000000610000D83C'", "0x000000610000d83c is not valid UTF-32"));
    }
    for (charset, literal, _) in &cases {
        place.sql(&format!(
            "CREATE TABLE in_{charset} (id INT PRIMARY KEY, v VARCHAR(9) CHARACTER SET {charset} NOT NULL, t TEXT CHARACTER SET {charset});
             INSERT INTO in_{charset} VALUES (1, 'a?', NULL), (2, {literal}, '?'), (3, '', {literal})"
        ));
    }
    let done = place.sync().run().failed(1);
    for (charset, _, problem) in &cases {
        let failed = done.events("table_failed").into_iter().find(|line| line["table"] == format!("in_{charset}"));
        let message = failed.unwrap()["message"].as_str().unwrap().to_owned();
        let expected = format!("column v of the row with id 2: {problem}");
        assert!(message.contains(&expected) && message.contains("INVALID_VALUES=null"), "{message}");
    }
    let done = place.sync().with("INVALID_VALUES", "null").run().succeeded();
    for synced in done.events("table_synced") {
        assert!(synced["message"].as_str().unwrap().contains("nulled values: v 1, t 1"), "{synced}");
    }
    let tables: Vec<String> = cases.iter().map(|(charset, ..)| format!("in_{charset}")).collect();
    place.assert_equal(&tables.iter().map(String::as_str).collect::<Vec<_>>());
}

#[apply(on_both_servers)]
fn empty_text_is_not_null(place: Place) {
    place.sql(
        "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(5), tx TEXT, b BLOB, c CHAR(3), bi BINARY(2), e ENUM('', 'x'), s SET('x'));
         INSERT INTO t VALUES (1, '', '', '', '', '', '', ''), (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
    );
    place.sync().run().succeeded();
    place.assert_equal(&["t"]);
    let row = &place.query("SELECT COUNT(v), COUNT(tx), COUNT(b), COUNT(c), COUNT(bi), COUNT(e), COUNT(s) FROM t")[0];
    assert!(row.iter().all(|count| count.as_deref() == Some("1")), "{row:?}");
}
