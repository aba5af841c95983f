//! The uploaded files, read by other Avro readers.

use std::path::Path;

use apache_avro::types::Value;

use super::readback::python;

/// The file's records, read by the avro crate.
pub fn records(file: &[u8]) -> Vec<Vec<(String, Value)>> {
    let reader = apache_avro::Reader::new(file).unwrap();
    let record = |value: Result<Value, _>| match value {
        Ok(Value::Record(fields)) => fields,
        other => panic!("{other:?}"),
    };
    reader.map(record).collect()
}

/// A decimal field as text with `scale` digits after the point.
pub fn decimal(record: &[(String, Value)], field: &str, scale: usize) -> String {
    let (_, value) = record.iter().find(|(name, _)| name == field).unwrap();
    let value = if let Value::Union(_, inner) = value { inner } else { value };
    let Value::Decimal(decimal) = value else { panic!("{value:?}") };
    let bytes = Vec::<u8>::try_from(decimal).unwrap();
    let mut whole = [if bytes[0] >= 0x80 { 0xff } else { 0 }; 32];
    whole[32 - bytes.len()..].copy_from_slice(&bytes);
    let number = ethnum::I256::from_be_bytes(whole);
    let digits = format!("{:0>width$}", number.unsigned_abs(), width = scale + 1);
    let (before, after) = digits.split_at(digits.len() - scale);
    format!("{}{before}.{after}", if number < 0 { "-" } else { "" })
}

pub fn field<'a>(record: &'a [(String, Value)], name: &str) -> &'a Value {
    let (_, value) = record.iter().find(|(field, _)| field == name).unwrap();
    if let Value::Union(_, inner) = value { inner } else { value }
}

pub fn fastavro(file: &Path) -> Vec<serde_json::Value> {
    let output = python("tests/readback.py").arg("--avro").arg(file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
