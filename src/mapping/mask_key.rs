//! The key of the mask `hmac`. Nothing shows it.

use std::fmt;

use ring::hmac;

/// The hex digits of an HMAC-SHA-256.
pub const HEX_DIGITS: usize = 64;

/// The key of the mask `hmac`.
#[derive(Clone)]
pub struct MaskKey(hmac::Key);

impl MaskKey {
    /// The key with these bytes.
    pub fn new(key: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// The HMAC-SHA-256 of a value in lower-case hex. Source: RFC 2104.
    pub(super) fn hex(&self, value: &[u8]) -> [u8; HEX_DIGITS] {
        let mut text = [0; HEX_DIGITS];
        for (digits, byte) in text.as_chunks_mut::<2>().0.iter_mut().zip(hmac::sign(&self.0, value).as_ref()) {
            *digits = [digit(byte >> 4), digit(byte & 15)];
        }
        text
    }
}

/// A hex digit.
fn digit(number: u8) -> u8 {
    if number < 10 { b'0' + number } else { b'a' + number - 10 }
}

impl fmt::Debug for MaskKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("MaskKey([REDACTED])")
    }
}
