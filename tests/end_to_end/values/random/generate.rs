//! Random tables as SQL: columns of every type that the server has, with many values from the limits of their types.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::dates::{dated, time_of_day};
use super::numbers::{bit, decimal, floating, integer};
use super::shapes::spatial;
use super::text::{binary, hex, json, listed, multi_byte_text, single_byte_text, text};
use crate::support::Server;

/// Keeps a row below InnoDB's limit of 65,535 bytes, even with the longest declarations.
const MOST_COLUMNS: usize = 12;
const MOST_ROWS: usize = 24;

/// Percentage of NULLs in a nullable column.
const NULLS_PERCENT: u32 = 15;

/// Prefixes of column names.
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
pub struct Type {
    pub declaration: String,
    pub bignumeric: bool,
    pub literals: BoxedStrategy<String>,
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
        // MariaDB requires a default for an invisible column that is NOT NULL.
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

pub fn plain(declaration: String, literals: impl Strategy<Value = String> + 'static) -> Type {
    Type { declaration, bignumeric: false, literals: literals.boxed() }
}
