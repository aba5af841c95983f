//! The key of the mask `hmac`: from a variable or from a file.

use std::path::Path;

use crate::config::reader::Reader;
use crate::config::variables::{MASK_KEY, MASK_KEY_FILE};
use crate::mapping::mask_key::MaskKey;

/// The fewest bytes of a key: 128 bits. Whoever guesses the key can find the values behind HMACs of numbers and addresses by trying.
const FEWEST_BYTES: usize = 16;

pub(super) fn read(reader: &mut Reader) -> Option<MaskKey> {
    let key = reader.text(&MASK_KEY).map(|text| text.as_bytes().to_vec());
    let file = reader.value(&MASK_KEY_FILE);
    let (key, about, origin) = match (key, file) {
        (Some(_), Some(_)) => {
            reader.both_set(&MASK_KEY.about, &MASK_KEY_FILE.about);
            return None;
        }
        (Some(key), None) => (key, &MASK_KEY.about, "has".to_owned()),
        (None, Some(path)) => {
            (from_file(reader, &path)?, &MASK_KEY_FILE.about, format!("names {}, which has", path.display()))
        }
        (None, None) => return None,
    };
    let key = without_line_break(&key);
    if key.len() < FEWEST_BYTES {
        let problem = format!("{origin} {} bytes; a key needs at least {FEWEST_BYTES}", key.len());
        reader.fault(about, problem);
        return None;
    }
    Some(MaskKey::new(key))
}

fn from_file(reader: &mut Reader, path: &Path) -> Option<Vec<u8>> {
    match std::fs::read(path) {
        Ok(key) => Some(key),
        Err(error) => {
            reader.fault(&MASK_KEY_FILE.about, format!("names {}, which cannot be read ({error})", path.display()));
            None
        }
    }
}

/// Editors and echo add a line break. The variable and the file give the same key.
fn without_line_break(key: &[u8]) -> &[u8] {
    key.strip_suffix(b"\n").map_or(key, |key| key.strip_suffix(b"\r").unwrap_or(key))
}
