//! The parts of an event's declaration, and the macro that generates events from it.

use tracing::Level;

/// One event, as its declaration says.
#[derive(Debug, Clone, Copy)]
pub struct Event {
    /// The value of the field `event`.
    pub name: &'static str,
    /// The levels of its lines. Several if the level depends on what happened.
    pub levels: &'static [Level],
    /// Its fields, without those that every line has.
    pub fields: &'static [Field],
    /// What it means to an operator.
    pub meaning: &'static str,
}

/// A field of an event.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its name in the program.
    pub name: &'static str,
    /// The type of its value.
    pub kind: Kind,
    /// Whether a line may lack it.
    pub optional: bool,
    /// What its value means.
    pub meaning: &'static str,
}

/// The type of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A JSON string.
    Text,
    /// A JSON number without a fraction, 0 or more.
    Integer,
}

impl Event {
    /// The levels as Cloud Logging names them.
    pub fn severities(&self) -> impl Iterator<Item = &'static str> {
        self.levels.iter().map(|level| match *level {
            Level::ERROR => "ERROR",
            Level::WARN => "WARNING",
            Level::INFO => "INFO",
            _ => "DEBUG",
        })
    }
}

impl Field {
    /// Its name in a JSON line: `previousRows` for `previous_rows`.
    pub fn json_name(&self) -> String {
        let mut words = self.name.split('_');
        let first = words.next().unwrap_or_default().to_owned();
        words.fold(first, |name, word| {
            let (initial, rest) = word.split_at_checked(1).unwrap_or_default();
            name + &initial.to_ascii_uppercase() + rest
        })
    }
}

/// A Rust type that a field may have.
pub trait FieldValue {
    /// Its type in the line.
    const KIND: Kind;
    /// Whether it may be absent.
    const OPTIONAL: bool = false;
}

impl FieldValue for &str {
    const KIND: Kind = Kind::Text;
}

impl FieldValue for u32 {
    const KIND: Kind = Kind::Integer;
}

impl FieldValue for u64 {
    const KIND: Kind = Kind::Integer;
}

impl FieldValue for usize {
    const KIND: Kind = Kind::Integer;
}

impl<T: FieldValue> FieldValue for Option<T> {
    const KIND: Kind = T::KIND;
    const OPTIONAL: bool = true;
}

/// Generates a struct with logging methods for each event, and the list `EVENTS`. The doc comments become the meanings.
///
/// An event with one level has the method `log`. An event with several levels has one method per level: `info`, `warn` and so
/// on.
macro_rules! declare {
    ($(
        $(#[doc = $meaning:literal])+
        $event:ident $(<$life:lifetime>)? = $name:literal, $($level:ident)|+
        { $($(#[doc = $about:literal])+ $field:ident: $type:ty,)* }
    )+) => {
        $(
            $(#[doc = $meaning])+
            #[derive(Debug, Clone, Copy)]
            pub struct $event $(<$life>)? {
                $($(#[doc = $about])+ pub $field: $type,)*
            }

            impl $(<$life>)? $event $(<$life>)? {
                const FIELDS: &'static [Field] = &[$(Field {
                    name: stringify!($field),
                    kind: <$type as FieldValue>::KIND,
                    optional: <$type as FieldValue>::OPTIONAL,
                    meaning: concat!($($about),+).trim_ascii(),
                }),*];

                $crate::report::event::methods!($name, [$($level)+], [$($field)*]);
            }
        )+

        /// All events, in the order of their declarations.
        pub const EVENTS: &[Event] = &[$(Event {
            name: $name,
            levels: &[$($crate::report::event::level!($level)),+],
            fields: $event::FIELDS,
            meaning: concat!($($meaning),+).trim_ascii(),
        }),+];
    };
}
pub(super) use declare;

/// The methods of one event. The level and the names of the fields are part of tracing's static description of a line.
macro_rules! methods {
    ($name:literal, [$level:ident], $fields:tt) => {
        $crate::report::event::methods!(@ log, $level, $name, $fields);
    };
    ($name:literal, [$($level:ident)+], $fields:tt) => {
        $($crate::report::event::methods!(@ $level, $level, $name, $fields);)+
    };
    (@ $method:ident, $level:ident, $name:literal, [$($field:ident)*]) => {
        #[doc = concat!("Logs it at the level `", stringify!($level), "`.")]
        pub fn $method(self, message: std::fmt::Arguments<'_>) {
            tracing::$level!(event = $name, $($field = self.$field,)* "{}", message);
        }
    };
}
pub(super) use methods;

/// tracing's level for the name of its macro.
macro_rules! level {
    (error) => {
        tracing::Level::ERROR
    };
    (warn) => {
        tracing::Level::WARN
    };
    (info) => {
        tracing::Level::INFO
    };
    (debug) => {
        tracing::Level::DEBUG
    };
}
pub(super) use level;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_json_are_camel_case() {
        for (name, expected) in [("table", "table"), ("previous_rows", "previousRows"), ("eta_seconds", "etaSeconds")] {
            let field = Field { name, kind: Kind::Text, optional: false, meaning: "" };
            assert_eq!(field.json_name(), expected);
        }
    }
}
