//! Random numbers of every type.

use proptest::prelude::*;
use proptest::sample::select;

use super::generate::{Type, plain};

pub fn integer() -> BoxedStrategy<Type> {
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

pub fn decimal() -> BoxedStrategy<Type> {
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

pub fn bit() -> BoxedStrategy<Type> {
    prop_oneof![1 => select(vec![1u32, 8, 9, 63, 64]), 1 => 1u32..=64]
        .prop_map(|bits| {
            let most = u64::MAX >> (64 - bits);
            let values = prop_oneof![1 => select(vec![0, 1, most]), 2 => 0..=most];
            plain(format!("BIT({bits})"), values.prop_map(|n| n.to_string()))
        })
        .boxed()
}

pub fn floating() -> BoxedStrategy<Type> {
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
