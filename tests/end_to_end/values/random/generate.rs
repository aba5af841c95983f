//! Random tables as SQL: columns over every type that the server has, values with the edges of their types weighted in.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::support::Server;

/// Small enough that a row of long declarations stays below InnoDB's 65,535 bytes.
const MOST_COLUMNS: usize = 12;
const MOST_ROWS: usize = 24;
/// Of 100 values of a nullable column.
const NULLS_PERCENT: u32 = 15;

/// What columns' names begin with.
const NAMES: [&str; 8] = ["c", "c", "größe ", "a.b$", "sel``ect", "名", "1st-", "Order By"];

/// A table to create, with its rows.
pub struct Table {
    pub name: String,
    /// CREATE TABLE and INSERTs.
    pub sql: String,
    /// False where a column is BIGNUMERIC, which the emulator does not read from Avro.
    pub emulator_can_load: bool,
}

/// A type and how its values are written in SQL.
#[derive(Debug, Clone)]
struct Type {
    declaration: String,
    bignumeric: bool,
    literals: BoxedStrategy<String>,
}

/// The same tables for the same seed.
pub fn generate(server: Server, seed: u64, count: usize) -> Vec<Table> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    (0..count).map(|number| table(&mut runner, server, &format!("t{number}"))).collect()
}

fn draw<T: std::fmt::Debug>(runner: &mut TestRunner, strategy: impl Strategy<Value = T>) -> T {
    strategy.new_tree(runner).unwrap().current()
}

fn table(runner: &mut TestRunner, server: Server, name: &str) -> Table {
    let types = draw(runner, vec(any_type(server), 1..=MOST_COLUMNS));
    let nullable: Vec<bool> = draw(runner, vec(any::<bool>(), types.len()));
    let keyed = draw(runner, any::<bool>());
    let rows = draw(runner, 0..=MOST_ROWS);

    let (mut columns, mut names) = (Vec::new(), Vec::new());
    if keyed {
        columns.extend(["id INT".to_owned(), "`the part` VARBINARY(4)".to_owned()]);
        names.extend(["id".to_owned(), "`the part`".to_owned()]);
    }
    for (index, (kind, nullable)) in types.iter().zip(&nullable).enumerate() {
        let column = format!("`{}{index}`", draw(runner, select(NAMES.to_vec())));
        let visible = if index > 0 && draw(runner, 0..8) == 0 { " INVISIBLE" } else { "" };
        // MariaDB wants a default of an invisible column that is NOT NULL.
        let null = if *nullable || !visible.is_empty() { "NULL" } else { "NOT NULL" };
        columns.push(format!("{column} {} {null}{visible}", kind.declaration));
        names.push(column);
    }
    if keyed {
        columns.push("twice BIGINT UNSIGNED AS (id * 2) VIRTUAL".to_owned());
        columns.push("label VARCHAR(20) CHARACTER SET sjis AS (CONCAT('n', id)) STORED INVISIBLE".to_owned());
        columns.push(format!("PRIMARY KEY ({})", draw(runner, select(vec!["id", "id, `the part`", "`the part`, id"]))));
    }
    let mut sql = format!("CREATE TABLE {name} ({});\n", columns.join(", "));
    for row in 0..rows {
        let mut values = if keyed { vec![row.to_string(), format!("X'{:04x}'", row * 999)] } else { Vec::new() };
        for (kind, nullable) in types.iter().zip(&nullable) {
            let null = *nullable && draw(runner, 0u32..100) < NULLS_PERCENT;
            values.push(if null { "NULL".to_owned() } else { draw(runner, kind.literals.clone()) });
        }
        sql += &format!("INSERT INTO {name} ({}) VALUES ({});\n", names.join(", "), values.join(", "));
    }
    Table { name: name.to_owned(), sql, emulator_can_load: !types.iter().any(|kind| kind.bignumeric) }
}

fn any_type(server: Server) -> BoxedStrategy<Type> {
    let mut types = vec![
        integer(),
        integer(),
        decimal(),
        decimal(),
        bit(),
        floating(),
        dated(),
        dated(),
        time_of_day(),
        fixed("YEAR", prop_oneof![select(vec![0, 1901, 2155]), 1901i32..=2155].prop_map(|n| n.to_string())),
        text(server),
        text(server),
        single_byte_text(),
        multi_byte_text(),
        binary(),
        listed(),
        fixed("JSON", json(server)),
        spatial(server),
    ];
    if server == Server::MariaDb {
        let parts = vec(any::<u16>(), 8).prop_map(|p| p.iter().map(|n| format!("{n:x}")).collect::<Vec<_>>());
        let inet6 = prop_oneof![
            parts.prop_map(|parts| format!("'{}'", parts.join(":"))),
            select(vec!["'::'", "'::1'", "'::ffff:192.0.2.128'", "'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'"])
                .prop_map(str::to_owned),
        ];
        let edges = select(vec![[0; 16], [255; 16]]);
        let uuid = prop_oneof![1 => edges, 9 => any::<[u8; 16]>()]
            .prop_map(|bytes| format!("'{}'", uuid::Uuid::from_bytes(bytes).hyphenated()));
        types.push(fixed("UUID", uuid));
        types.push(fixed("INET6", inet6));
        types.push(fixed("INET4", any::<[u8; 4]>().prop_map(|[a, b, c, d]| format!("'{a}.{b}.{c}.{d}'"))));
    }
    if server == Server::MySql {
        let finite = any::<f32>().prop_filter("finite", |number| number.is_finite());
        let bytes = vec(finite, 1..5).prop_map(|numbers| {
            let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
            format!("X'{}'", hex(&bytes))
        });
        types.push(fixed("VECTOR(5)", bytes));
    }
    proptest::strategy::Union::new(types).boxed()
}

fn fixed(declaration: &str, literals: impl Strategy<Value = String> + 'static) -> BoxedStrategy<Type> {
    let kind = Type { declaration: declaration.into(), bignumeric: false, literals: literals.boxed() };
    Just(kind).boxed()
}

fn integer() -> BoxedStrategy<Type> {
    let widths =
        select(vec![("TINYINT", 8), ("SMALLINT", 16), ("MEDIUMINT", 24), ("INT", 32), ("BIGINT", 64), ("BOOL", 8)]);
    (widths, any::<bool>(), any::<bool>())
        .prop_map(|((name, bits), unsigned, zerofill)| {
            let unsigned = unsigned && name != "BOOL";
            let (least, most) =
                if unsigned { (0, (1i128 << bits) - 1) } else { (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1) };
            let attributes = match (unsigned, zerofill) {
                (true, true) => " UNSIGNED ZEROFILL",
                (true, false) => " UNSIGNED",
                _ => "",
            };
            let values = prop_oneof![1 => select(vec![least, most, 0, 1, most - 1]), 2 => least..=most];
            plain(format!("{name}{attributes}"), values.prop_map(|n| n.to_string()))
        })
        .boxed()
}

fn plain(declaration: String, literals: impl Strategy<Value = String> + 'static) -> Type {
    Type { declaration, bignumeric: false, literals: literals.boxed() }
}

fn decimal() -> BoxedStrategy<Type> {
    (1usize..=65)
        .prop_flat_map(|precision| (Just(precision), 0..=precision.min(30), any::<bool>()))
        .prop_map(|(precision, scale, unsigned)| {
            let digits = prop_oneof![
                1 => Just("9".repeat(precision)),
                1 => Just("0".repeat(precision)),
                1 => Just(format!("{:0>precision$}", 1)),
                1 => Just(format!("1{}", "0".repeat(precision - 1))),
                4 => proptest::string::string_regex(&format!("[0-9]{{{precision}}}")).unwrap(),
                2 => proptest::string::string_regex(&format!("[0-9]{{1,{precision}}}")).unwrap(),
            ];
            let literals = (digits, any::<bool>()).prop_map(move |(digits, negative)| {
                let digits = format!("{digits:0>precision$}");
                let (whole, fraction) = digits.split_at(precision - scale);
                format!("{}0{whole}.{fraction}0", if negative && !unsigned { "-" } else { "" })
            });
            let whole = precision - scale;
            let numeric = scale <= 9 && whole <= 29;
            Type {
                declaration: format!("DECIMAL({precision},{scale}){}", if unsigned { " UNSIGNED" } else { "" }),
                bignumeric: !numeric && scale <= 38 && whole <= 38,
                literals: literals.boxed(),
            }
        })
        .boxed()
}

fn bit() -> BoxedStrategy<Type> {
    prop_oneof![1 => select(vec![1u32, 8, 9, 63, 64]), 1 => 1u32..=64]
        .prop_map(|bits| {
            let most = u64::MAX >> (64 - bits);
            let values = prop_oneof![1 => select(vec![0, 1, most]), 2 => 0..=most];
            plain(format!("BIT({bits})"), values.prop_map(|n| n.to_string()))
        })
        .boxed()
}

fn floating() -> BoxedStrategy<Type> {
    let edges = [
        "'-0'",
        "0",
        "1.7976931348623157e308",
        "-1.7976931348623157e308",
        "2.2250738585072014e-308",
        "5e-324",
        "-5e-324",
        "3.402823466e38",
        "-3.402823466e38",
        "1.17549435e-38",
        "1e-45",
        "16777217",
        "1.2345678",
        "0.1",
        "1e15",
        "1e22",
    ];
    let doubles = any::<u64>().prop_map(f64::from_bits).prop_filter("finite", |n| n.is_finite());
    let singles = any::<u32>().prop_map(f32::from_bits).prop_filter("finite", |n| n.is_finite());
    let values = prop_oneof![
        2 => select(edges.to_vec()).prop_map(str::to_owned),
        2 => doubles.prop_map(|n| format!("{n:e}")),
        3 => singles.prop_map(|n| format!("{:e}", f64::from(n))),
        1 => (-1_000_000i32..1_000_000).prop_map(|n| format!("{n}e-3")),
    ];
    let names = ["FLOAT", "DOUBLE", "FLOAT UNSIGNED", "DOUBLE UNSIGNED", "FLOAT(10,3)", "DOUBLE(20,5)"];
    select(names.to_vec()).prop_map(move |name| plain(name.into(), values.clone())).boxed()
}

/// `YYYY-MM-DD`, not always a day that exists.
fn day() -> impl Strategy<Value = String> + Clone {
    let edges = [
        "0001-01-01",
        "9999-12-31",
        "1969-12-31",
        "1970-01-01",
        "2000-02-29",
        "1900-02-28",
        "0000-00-00",
        "2020-00-00",
        "2020-02-00",
        "2021-02-31",
        "1582-10-10",
        "2024-03-31",
        "2024-10-27",
    ];
    prop_oneof![
        1 => select(edges.to_vec()).prop_map(str::to_owned),
        2 => (1u32..=9999, 1u32..=12, 1u32..=28).prop_map(|(y, m, d)| format!("{y:04}-{m:02}-{d:02}")),
    ]
}

/// `.ffffff`
fn fraction() -> impl Strategy<Value = String> + Clone {
    prop_oneof![
        select(vec!["", ".0", ".000001", ".999999", ".5"]).prop_map(str::to_owned),
        (0u32..1_000_000).prop_map(|n| format!(".{n:06}")),
    ]
}

fn clock() -> impl Strategy<Value = String> + Clone {
    let edges = select(vec!["00:00:00", "23:59:59", "00:00:01", "02:30:00"]).prop_map(str::to_owned);
    prop_oneof![
        1 => edges,
        2 => (0u32..24, 0u32..60, 0u32..60).prop_map(|(h, m, s)| format!("{h:02}:{m:02}:{s:02}")),
    ]
}

fn dated() -> BoxedStrategy<Type> {
    (select(vec!["DATE", "DATETIME", "TIMESTAMP"]), 0u32..=6)
        .prop_map(|(name, digits)| {
            let moments =
                (day(), clock(), fraction()).prop_map(|(day, clock, fraction)| format!("'{day} {clock}{fraction}'"));
            match name {
                "DATE" => plain(name.into(), day().prop_map(|day| format!("'{day}'"))),
                "DATETIME" => plain(format!("{name}({digits})"), moments),
                _ => {
                    let edges = select(vec!["'1970-01-01 00:00:01'", "'2038-01-19 03:14:07'", "'0000-00-00 00:00:00'"]);
                    let edges = edges.prop_map(str::to_owned);
                    let inside = (1u32..=i32::MAX.cast_unsigned(), fraction())
                        .prop_map(|(n, fraction)| format!("FROM_UNIXTIME({n}{fraction})"));
                    plain(format!("{name}({digits})"), prop_oneof![1 => edges, 1 => moments, 3 => inside])
                }
            }
        })
        .boxed()
}

fn time_of_day() -> BoxedStrategy<Type> {
    (0u32..=6)
        .prop_map(|digits| {
            let edges =
                ["'838:59:59'", "'-838:59:59'", "'24:00:00'", "'-00:00:01'", "'-00:00:00.000001'", "'23:59:59.999999'"];
            let within = (clock(), fraction()).prop_map(|(clock, fraction)| format!("'{clock}{fraction}'"));
            let values = prop_oneof![1 => select(edges.to_vec()).prop_map(str::to_owned), 3 => within];
            plain(format!("TIME({digits})"), values)
        })
        .boxed()
}

/// Text as SQL, in any client's character set.
fn quoted(text: &str) -> String {
    format!("_utf8mb4 X'{}'", hex(text.as_bytes()))
}

fn hex(bytes: &[u8]) -> String {
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

fn text(server: Server) -> BoxedStrategy<Type> {
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

/// Any byte in a character set whose characters are bytes.
fn single_byte_text() -> BoxedStrategy<Type> {
    let charsets = ["latin1", "latin2", "cp1250", "cp1251", "cp1256", "koi8r", "greek", "hebrew", "cp850", "macroman"];
    select(charsets.to_vec())
        .prop_map(|charset| {
            let bytes = vec(any::<u8>(), 0..40).prop_map(move |bytes| format!("_{charset} X'{}'", hex(&bytes)));
            plain(format!("VARCHAR(50) CHARACTER SET {charset}"), bytes)
        })
        .boxed()
}

/// Any byte in a character set whose characters are one byte or two; the server cuts off what is no character.
fn multi_byte_text() -> BoxedStrategy<Type> {
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

fn binary() -> BoxedStrategy<Type> {
    let names = ["BINARY(8)", "VARBINARY(100)", "TINYBLOB", "BLOB", "MEDIUMBLOB", "LONGBLOB"];
    let bytes = prop_oneof![
        1 => select(vec![vec![], vec![0], vec![255], vec![0; 8], b"\0\0x \0".to_vec()]),
        3 => vec(any::<u8>(), 0..100),
    ];
    let literals = bytes.prop_map(|bytes| format!("X'{}'", hex(&bytes)));
    select(names.to_vec()).prop_map(move |name| plain(name.into(), literals.clone())).boxed()
}

fn listed() -> BoxedStrategy<Type> {
    let members = "('a', 'b é', '漢', 'with ''quote''', '', 'tab\\t')";
    let charset = select(vec!["utf8mb4", "utf8mb3", "utf16", "ucs2"]);
    (charset, any::<bool>())
        .prop_map(move |(charset, set)| {
            if set {
                let members = "('a', 'b é', '漢', 'z')";
                plain(format!("SET{members} CHARACTER SET {charset}"), (0u32..16).prop_map(|n| n.to_string()))
            } else {
                // 0 is the empty text of a value that was none of the members.
                plain(format!("ENUM{members} CHARACTER SET {charset}"), (0u32..=6).prop_map(|n| n.to_string()))
            }
        })
        .boxed()
}

fn json(server: Server) -> BoxedStrategy<String> {
    let numbers =
        ["0", "-1", "1.5", "9007199254740993", "18446744073709551615", "-9223372036854775808", "1e300", "1e-7", "0.1"];
    let leaf = prop_oneof![
        select(vec!["null", "true", "false", "\"\"", "[]", "{}"]).prop_map(str::to_owned),
        select(numbers.to_vec()).prop_map(str::to_owned),
        any::<i64>().prop_map(|n| n.to_string()),
        characters().prop_map(|text| serde_json::to_string(&text).unwrap()),
    ];
    // MariaDB reads 32 levels and MySQL 100; `edges` has the deepest.
    let tree = leaf.prop_recursive(6, 20, 4, |inner| {
        let member = (characters(), inner.clone())
            .prop_map(|(name, value)| format!("{}: {value}", serde_json::to_string(&name).unwrap()));
        prop_oneof![
            vec(inner, 0..4).prop_map(|items| format!("[{}]", items.join(", "))),
            vec(member, 0..4).prop_map(|members| format!("{{{}}}", members.join(", "))),
        ]
    });
    match server {
        Server::MariaDb => tree.prop_map(|text| quoted(&text)).boxed(),
        Server::MySql => tree.prop_map(|text| format!("CAST({} AS JSON)", quoted(&text))).boxed(),
    }
}

fn spatial(server: Server) -> BoxedStrategy<Type> {
    // Within the bounds of latitudes, so that every reference system takes them.
    let number = || prop_oneof![(-80i32..=80).prop_map(f64::from), -80f64..80.0];
    let point = move || (number(), number()).prop_map(|(x, y)| format!("{x} {y}"));
    let line = move || vec(point(), 2..6).prop_map(|points| format!("({})", points.join(", ")));
    let ring = (-70i32..=60, -70i32..=60, 1i32..=10)
        .prop_map(|(x, y, w)| format!("(({x} {y}, {} {y}, {} {}, {x} {y}))", x + w, x + w, y + w));
    let shapes = |name: &'static str, inner: BoxedStrategy<String>| {
        inner.prop_map(move |inner| format!("{name}{inner}")).boxed()
    };
    let many =
        |inner: BoxedStrategy<String>| vec(inner, 1..4).prop_map(|parts| format!("({})", parts.join(", "))).boxed();
    let all = vec![
        ("POINT", shapes("POINT", point().prop_map(|point| format!("({point})")).boxed())),
        ("LINESTRING", shapes("LINESTRING", line().boxed())),
        ("POLYGON", shapes("POLYGON", ring.clone().boxed())),
        ("MULTIPOINT", shapes("MULTIPOINT", many(point().boxed()))),
        ("MULTILINESTRING", shapes("MULTILINESTRING", many(line().boxed()))),
        ("MULTIPOLYGON", shapes("MULTIPOLYGON", many(ring.boxed()))),
        ("GEOMETRYCOLLECTION", {
            let member = shapes("POINT", point().prop_map(|point| format!("({point})")).boxed());
            shapes("GEOMETRYCOLLECTION", many(member))
        }),
    ];
    let systems = if server == Server::MySql { vec![0, 4326, 3857] } else { vec![0, 4326] };
    (select(all), select(systems), any::<bool>())
        .prop_map(|((name, shapes), system, general)| {
            let literals = shapes.prop_map(move |shape| format!("ST_GeomFromText('{shape}', {system})"));
            plain(if general { "GEOMETRY".into() } else { name.to_owned() }, literals)
        })
        .boxed()
}
