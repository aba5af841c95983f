//! Table and column names that are not valid in BigQuery.

use crate::support::{Place, apply, on_both_servers};

#[apply(on_both_servers)]
fn names_of_every_kind_are_quoted(place: Place) {
    place.sql(
        "CREATE TABLE `select` (`from` INT PRIMARY KEY, `a``b` INT, `x y` INT, `größe` INT, `1st` INT); \
         INSERT INTO `select` VALUES (1, 2, 3, 4, 5); CREATE TABLE `we``ird; DROP TABLE x` (id INT); \
         INSERT INTO `we``ird; DROP TABLE x` VALUES (1)",
    );
    place.sync().run().succeeded();
    let columns = place.schema("select");
    assert_eq!(columns, ["from INTEGER", "a_b INTEGER", "x_y INTEGER", "gr_u00f6__u00df_e INTEGER", "_1st INTEGER"]);
    assert_eq!(place.count("we_ird_ DROP TABLE x"), 1);
}

#[apply(on_both_servers)]
fn unusual_names_become_valid(place: Place) {
    let long = "名".repeat(64);
    // The servers encode a table's name as a file name, with several characters for each of these.
    let long_table = "é".repeat(64);
    place.sql(&format!(
        "CREATE TABLE `a.b$c 名前``\"é☃` (id INT PRIMARY KEY, `x.y$z` INT, ` lead` INT, `back``tick` INT, `{{}}` INT, `q?%/\\\\` INT, `1.5` INT,
             `{long}` INT, `group` INT, `Straße` INT, `\"quoted\"` INT);
         INSERT INTO `a.b$c 名前``\"é☃` VALUES (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
         CREATE TABLE `{long_table}` (`select` INT PRIMARY KEY); INSERT INTO `{long_table}` VALUES (1);
         CREATE TABLE `1st-table` (id INT PRIMARY KEY); INSERT INTO `1st-table` VALUES (1)"
    ));
    for _ in 0..2 {
        // The second run finds the destinations of the first.
        let done = place.sync().with("MAX_SHRINK_PERCENT", "0").run().succeeded();
        assert_eq!(done.event("sync_finished")["synced"], 3, "{}", done.log);
    }
    let copied = "a_b_c 名前__é_u2603_";
    let names: Vec<String> = place.schema(copied).iter().map(|column| column.replace(" INTEGER", "")).collect();
    assert_eq!(names[..7], ["id", "x_y_z", "_lead", "back_tick", "__", "q_____", "_1_5"]);
    assert_eq!(
        (names[7].len(), &names[8..]),
        (300, &["group".to_owned(), "Stra_u00df_e".into(), "_quoted_".into()][..])
    );
    let list: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    let values = place.row(&format!("SELECT {} FROM `{copied}`", list.join(", ")));
    assert_eq!(values.join(" "), "1 2 3 4 5 6 7 8 9 10 11");
    assert_eq!((place.count(&long_table), place.count("1st-table")), (1, 1));
}

#[apply(on_both_servers)]
fn reserved_and_colliding_names_are_refused(place: Place) {
    place.sql(
        "CREATE TABLE reserved (id INT PRIMARY KEY, `_Partition date` INT); INSERT INTO reserved VALUES (1, 2);
         CREATE TABLE colliding (`a b` INT PRIMARY KEY, `a.b` INT); CREATE TABLE `c d.` (id INT); CREATE TABLE `c d$` (id INT)",
    );
    let done = place.sync().run().failed(1);
    let failed = |table: &str| {
        let events = done.events("table_failed");
        let event = events.iter().find(|event| event["table"] == table).unwrap();
        event["error"].as_str().unwrap().to_owned()
    };
    assert!(failed("reserved").contains("column _Partition date would be _Partition_date"), "{}", done.log);
    assert!(failed("colliding").contains("columns a b and a.b would both be a_b"), "{}", done.log);
    assert!(failed("c d.").contains("c d$ and c d. would all be copied to table c d_"), "{}", done.log);
    // The fix that the error suggests.
    place.sync().tables(r#"[{"name": "reserved", "columns": {"exclude": ["_Partition date"]}}]"#).run().succeeded();
    assert_eq!(place.schema("reserved"), ["id INTEGER"]);
}

#[apply(on_both_servers)]
fn two_tables_never_share_a_destination(place: Place) {
    place.sql("CREATE TABLE `x.y` (id INT PRIMARY KEY); CREATE TABLE x_y (id INT PRIMARY KEY); CREATE TABLE xz (id INT PRIMARY KEY)");
    let done = place.sync().tables("x*").run().failed(1);
    assert_eq!(done.events("table_failed").len(), 2);
    let text = done.message("sync_finished");
    assert!(text.contains("x.y and x_y would all be copied to table x_y"), "{text}");
    assert_eq!(place.count("xz"), 0);
    assert!(place.sync().tables("x.y,x_y").run().failed(2).log.contains("two entries for the destination"));
}
