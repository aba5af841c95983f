//! Masks: what arrives in BigQuery, and that no masked value appears in any output.

use std::fs;

use serde_json::json;

use crate::support::sink::Sink;
use crate::support::{Finished, Place, Run, apply, on_both_servers};

const KEY: &str = "a key of 16 bytes or more";
/// `printf anna@example.com | openssl dgst -sha256 -hmac "a key of 16 bytes or more"`
const ANNA: &str = "1d172e0079f28e98d6598dcf38d11096e43e3f4be0830c8b79541432abae5958";

fn masked(run: Run, mask: &str) -> Run {
    run.with("MASK", mask).with("MASK_KEY", KEY)
}

#[apply(on_both_servers)]
fn masked_columns_arrive_masked(place: Place) {
    place.sql(
        "SET sql_mode = ''; CREATE TABLE users (Email VARCHAR(50) CHARACTER SET utf16 PRIMARY KEY, phone VARCHAR(30), card DECIMAL(16) NOT NULL, notes TEXT, \
         born DATE NOT NULL, account BIGINT, password_hash VARBINARY(20), plan ENUM('free', 'paid') COMMENT 'the plan'); \
         INSERT INTO users VALUES ('anna@example.com', '+49 170 1234567', 4111111111111111, 'a note', '1984-05-17', 42, 'x', 'paid'), \
         ('bob@example.com', NULL, 1, NULL, '2000-00-00', NULL, 'y', NULL); \
         CREATE TABLE orders (id INT PRIMARY KEY, mail VARCHAR(50), account VARCHAR(20)); \
         INSERT INTO orders VALUES (1, 'anna@example.com', '42'), (2, NULL, NULL)",
    );
    let tables = json!([
        {"name": "users", "mask": {"email": "hmac", "PHONE": "last4", "card": "null", "notes": "drop", "born": "year"}},
        "orders"
    ]);
    let mask = r#"{"*.Password*": "drop", "*.account": "hmac", "orders.mail": "hmac", "*.plan": "last4"}"#;
    let sync = masked(place.sync().tables(&tables.to_string()), mask);
    sync.run().succeeded();
    let schema = ["Email STRING", "phone STRING", "card NUMERIC", "born INTEGER", "account STRING", "plan STRING"];
    assert_eq!(place.schema("users"), schema);
    let destination = place.destination("users");
    assert_eq!(destination["schema"]["fields"][5]["description"], "the plan");
    assert_eq!(destination["tableConstraints"]["primaryKey"]["columns"], json!(["Email"]));
    let rows = "SELECT Email, phone, CAST(card AS STRING), CAST(born AS STRING), plan FROM users ORDER BY born";
    let first = place.query(rows);
    let text = |row: usize| first[row].iter().map(|value| value.as_deref()).collect::<Vec<_>>();
    assert_eq!(text(0), [Some(ANNA), Some("4567"), None, Some("1984"), Some("****")]);
    assert_eq!(text(1)[1..], [None, None, Some("2000"), None]);
    let joined =
        "SELECT COUNT(*) FROM users JOIN orders ON users.Email = orders.mail AND users.account = orders.account";
    assert_eq!(place.row(joined), ["1"]);
    assert_eq!(place.row("SELECT COUNT(*) FROM orders WHERE mail IS NULL AND account IS NULL"), ["1"]);
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), format!("{KEY}\n")).unwrap();
    sync.without("MASK_KEY").with("MASK_KEY_FILE", file.path().to_str().unwrap()).run().succeeded();
    assert_eq!(place.query(rows), first, "the same key makes the same values in every run");
}

/// Values that no output may have.
const SECRETS: [&str; 5] = ["secret-mail", "secret-phone", "secret-note", "9876543210", "1984"];

fn assert_hidden(done: &Finished) {
    for secret in SECRETS {
        assert!(
            !done.log.contains(secret) && !done.errors.contains(secret),
            "{secret} in\n{}{}",
            done.log,
            done.errors
        );
    }
}

#[apply(on_both_servers)]
fn no_output_has_a_masked_value(place: Place) {
    place.sql(
        "CREATE TABLE t (mail VARCHAR(50), account BIGINT, phone VARCHAR(50) CHARACTER SET latin1, note TEXT CHARACTER SET sjis, \
         born DATETIME, n TIME, PRIMARY KEY (account, mail)); \
         INSERT INTO t VALUES ('secret-mail@example.com', 9876543210, 'secret-phone-1234', 'secret-note', '1984-05-17', '01:00:00')",
    );
    let tables = r#"[{"name": "t", "mask": {"mail": "hmac", "account": "last4", "phone": "last4", "note": "hmac", "born": "null"}}]"#;
    let sync = || masked(place.sync().tables(tables), r#"{"*.card": "drop"}"#).with("LOG_LEVEL", "debug");
    let sink = Sink::start();
    let done = sink.run(sync().with("AVRO_CODEC", "null")).run().succeeded();
    assert_hidden(&done);
    assert_eq!(done.event("mask_unused")["pattern"], "*.card");
    let file = fs::read(sink.file("t")).unwrap();
    let has = |bytes: &[u8]| file.windows(bytes.len()).any(|part| part == bytes);
    for secret in SECRETS {
        assert!(!has(secret.as_bytes()), "{secret} in the file");
    }
    assert!(has(b"1234") && has(b"3210"), "the file is not compressed");
    for command in ["plan", "check"] {
        assert_hidden(&sync().argument(command).run().succeeded());
    }

    // Values that do not fit, in columns with and without a mask, and the keys of their rows.
    let key = "of the row with mail (masked), account (masked): ";
    let failing = |columns: &str| {
        let done = sync().tables(&tables.replace(r#""born": "null""#, columns)).run().failed(1);
        assert_hidden(&done);
        done.message("table_failed")
    };
    place.sql("UPDATE t SET n = '-01:00:00'");
    let message = failing(r#""born": "null""#);
    assert!(message.contains(&format!("column n {key}-01:00:00 is out of range")), "{message}");
    place.sql("UPDATE t SET n = NULL");
    place.sql("SET sql_mode = ''; UPDATE t SET born = '0000-00-00'");
    let strict = sync().tables(&tables.replace(r#""born": "null""#, r#""born": "year""#)).with("ZERO_DATES", "error");
    let done = strict.run().failed(1);
    assert_hidden(&done);
    let message = done.message("table_failed");
    assert!(message.contains(&format!("column born {key}(masked) is not a date")), "{message}");
    assert!(!message.contains("would keep the value"), "{message}");
    place.sql("UPDATE t SET born = NULL; ALTER TABLE t MODIFY note VARCHAR(50) CHARACTER SET ucs2; UPDATE t SET note = _ucs2 X'0061D83C0062'");
    let message = failing(r#""born": "null""#);
    assert!(
        message.contains(&format!("column note {key}(masked) is not valid UTF-16 (INVALID_VALUES=null")),
        "{message}"
    );
    place.sql("UPDATE t SET note = NULL; ALTER TABLE t ADD z INT");
    let message = failing(r#""z": "year""#);
    assert!(message.contains("column z is of type int") && message.contains("cannot have the mask year"), "{message}");
    let types = tables.replace(r#""name": "t""#, r#""name": "t", "types": {"note": "STRING"}"#);
    let message = sync().tables(&types).run().failed(1).message("table_failed");
    assert!(message.contains("\"types\" names note, which has the mask hmac"), "{message}");
}

#[apply(on_both_servers)]
fn a_plan_shows_masks_and_a_masked_key_is_not_divided(place: Place) {
    place.create("big", "id INT PRIMARY KEY, mail VARCHAR(20), card INT", "n, 'a', 1", 20_000);
    let mask = r#"{"big.id": "hmac", "*.mail": "last4", "*.card": "drop"}"#;
    let sync = masked(place.sync().tables("big").with("READ_CONNECTIONS", "3"), mask);
    let plan = sync.clone().argument("plan").run().succeeded();
    for part in [
        "from int",
        ", masked: hmac",
        ", masked: last4",
        "masked    card (drop: not copied)",
        "SELECT `id`, `mail` FROM `big` (over one connection: its primary key is masked)",
    ] {
        assert!(plan.log.contains(part), "{part} in\n{}", plan.log);
    }
    let json = sync.clone().argument("plan").argument("--json").run().succeeded().json();
    let table = &json["tables"][0];
    assert_eq!((&table["columns"][0]["mask"], &table["dropped"]), (&json!("hmac"), &json!(["card"])));
    sync.run().succeeded();
    assert_eq!(place.row("SELECT COUNT(DISTINCT id) FROM big"), ["20000"]);
    let layout = r#"[{"name": "big", "destination": "other", "mask": {"mail": "null"}, "cluster_by": ["mail"]}]"#;
    let message = sync.tables(layout).run().failed(1).message("table_failed");
    assert!(message.contains("\"cluster_by\" in TABLES names mail, but its mask makes every value NULL"), "{message}");
}
