//! Random geometries.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::generate::{Type, plain};
use crate::support::Server;

pub fn spatial(server: Server) -> BoxedStrategy<Type> {
    // Within the bounds of latitudes, which every reference system accepts.
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
