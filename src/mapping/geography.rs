//! Checks spatial values that become GEOGRAPHY: WKT in degrees, longitude first.

use crate::mapping::unrepresentable::Unrepresentable;

/// The largest longitude and latitude.
const LARGEST: [f64; 2] = [180.0, 90.0];

const MALFORMED: Unrepresentable = Unrepresentable::Malformed("text that is neither WKT nor an SRID");

/// Returns the WKT after checking its coordinates: BigQuery would refuse the whole load because of one bad coordinate. If a
/// value has a reference system, and it is not WGS 84, the statement returns the SRID instead of WKT.
pub(super) fn wkt(value: &[u8]) -> Result<&str, Unrepresentable> {
    if value.is_empty() {
        return Err(Unrepresentable::InvalidGeometry);
    }
    let wkt = std::str::from_utf8(value).map_err(|_| MALFORMED)?;
    if wkt.parse::<u32>().is_ok() {
        return Err(Unrepresentable::OutOfRange("GEOGRAPHY accepts only the SRIDs 4326 and 0"));
    }
    for point in wkt.split(['(', ')', ',']).map(str::trim) {
        // Points and the names of shapes are separated by punctuation.
        if point.is_empty() || point.starts_with(|first: char| first.is_ascii_alphabetic()) {
            continue;
        }
        let mut numbers = point.split(' ');
        for largest in LARGEST {
            let number: f64 = numbers.next().and_then(|number| number.parse().ok()).ok_or(MALFORMED)?;
            if !(-largest..=largest).contains(&number) {
                return Err(Unrepresentable::OutOfRange(
                    "GEOGRAPHY accepts only longitudes from -180 to 180 and latitudes from -90 to 90",
                ));
            }
        }
        if numbers.next().is_some() {
            return Err(MALFORMED);
        }
    }
    Ok(wkt)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_degrees_are_accepted() {
        let accepted = [
            "POINT(-180 90)",
            "POINT(1e-7 -2.5)",
            "LINESTRING(0 0,1.5 2.5)",
            "POLYGON((0 0,1 0,1 1,0 0),(0.1 0.1,0.2 0.1,0.2 0.2,0.1 0.1))",
            "MULTIPOINT((1 2),(3 4))",
            "GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 1))",
            "GEOMETRYCOLLECTION EMPTY",
        ];
        for text in accepted {
            assert_eq!(wkt(text.as_bytes()), Ok(text));
        }
        assert!(matches!(wkt(b"3857"), Err(Unrepresentable::OutOfRange(_))));
        for text in ["POINT(180.1 0)", "POINT(0 90.5)", "LINESTRING(0 0,0 -91)", "POINT(1e300 0)"] {
            assert!(matches!(wkt(text.as_bytes()), Err(Unrepresentable::OutOfRange(_))), "{text}");
        }
        for text in ["POINT(1)", "POINT(1 2 3)", "POINT(1 x)", "1 2 3"] {
            assert_eq!(wkt(text.as_bytes()), Err(MALFORMED), "{text}");
        }
    }
}
