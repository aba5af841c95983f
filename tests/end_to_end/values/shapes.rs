//! Geometries, as text and as GEOGRAPHY.

use crate::support::avro::records;
use crate::support::sink::captured;
use crate::support::{Place, Server, apply, on_both_servers};

#[apply(on_both_servers)]
fn every_spatial_type_arrives_longitude_first(place: Place) {
    let shapes = [
        ("POINT", "POINT(13 52)"),
        ("LINESTRING", "LINESTRING(13 52,14 53)"),
        ("POLYGON", "POLYGON((0 0,10 0,10 10,0 0),(2 1,4 1,4 2,2 1))"),
        ("MULTIPOINT", "MULTIPOINT(13 52,-179.5 -89.5)"),
        ("MULTILINESTRING", "MULTILINESTRING((1 2,3 4),(5 6,7 8))"),
        ("MULTIPOLYGON", "MULTIPOLYGON(((0 0,1 0,1 1,0 0)),((5 5,6 5,6 6,5 5)))"),
        ("GEOMETRYCOLLECTION", "GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(1 2,3 4))"),
    ];
    let systems: &[u32] = if place.server == Server::MySql { &[0, 4326, 3857] } else { &[0, 4326] };
    let mut columns: Vec<String> = shapes.iter().map(|(name, _)| format!("c_{name} {name}")).collect();
    columns.push("c_any GEOMETRY".into());
    let mut script = format!("CREATE TABLE t (id INT PRIMARY KEY, {});", columns.join(", "));
    for system in systems {
        let order = if place.server == Server::MySql && *system == 4326 { ", 'axis-order=long-lat'" } else { "" };
        let mut values: Vec<String> =
            shapes.iter().map(|(_, text)| format!("ST_GeomFromText('{text}', {system}{order})")).collect();
        values.push(values[0].clone());
        script += &format!("INSERT INTO t VALUES ({system}, {});", values.join(", "));
    }
    script += "INSERT INTO t (id) VALUES (1)";
    place.sql(&script);
    place.sync().run().succeeded();
    place.assert_equal(&["t"]);
    for row in place.query("SELECT c_POINT, c_LINESTRING, c_POLYGON, c_any FROM t WHERE id <> 1") {
        let row: Vec<&str> = row.iter().map(|value| value.as_deref().unwrap()).collect();
        assert_eq!(row, [shapes[0].1, shapes[1].1, shapes[2].1, shapes[0].1]);
    }
}

#[apply(on_both_servers)]
fn geographies_arrive_as_wkt_with_the_longitude_first(place: Place) {
    // MySQL expects the latitude first if the SRID says so.
    let berlin = match place.server {
        Server::MySql => "ST_GeomFromText('POINT(52.5 13.25)', 4326)",
        Server::MariaDb => "ST_GeomFromText('POINT(13.25 52.5)', 4326)",
    };
    place.sql(&format!(
        "CREATE TABLE t (id INT PRIMARY KEY, shape GEOMETRY);
         INSERT INTO t VALUES (1, {berlin}), (2, ST_GeomFromText('LINESTRING(-180 -90,1.5 2)')), (3, NULL)"
    ));
    let tables = r#"[{"name": "t", "types": {"shape": "GEOGRAPHY"}}]"#;
    let records = records(&captured(&place, tables, "t"));
    let shape = |at: usize| format!("{:?}", records[at][1].1);
    assert!(shape(0).contains("POINT(13.25 52.5)"), "{}", shape(0));
    assert!(shape(1).contains("LINESTRING(-180 -90,1.5 2)"), "{}", shape(1));
    place.sync().tables(tables).run().succeeded();
    assert_eq!(place.schema("t"), ["id INTEGER", "shape GEOGRAPHY"]);

    place.sql("INSERT INTO t VALUES (4, ST_GeomFromText('POINT(500000 5000000)', 3857)), (5, ST_GeomFromText('POINT(181 0)'))");
    let message = place.sync().tables(tables).run().failed(1).message("table_failed");
    assert!(
        message.contains("row with id 4") && message.contains("GEOGRAPHY accepts only the SRIDs 4326 and 0"),
        "{message}"
    );
    assert!(message.contains(r#"{"shape": "STRING"}"#), "{message}");
    let done = place.sync().tables(tables).with("INVALID_VALUES", "null").run().succeeded();
    assert_eq!(done.event("table_synced")["valuesToNull"], 2);
}
