//! The proto3 wire format, as far as the protocol uses it.

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};

/// A field's value; fixed-width numbers occur in no frame and are skipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Varint(u64),
    Bytes(Bytes),
    Skipped,
}

impl Value {
    pub(super) fn varint(self) -> Option<u64> {
        match self {
            Self::Varint(number) => Some(number),
            Self::Bytes(_) | Self::Skipped => None,
        }
    }

    pub(super) fn bytes(self) -> Option<Bytes> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            Self::Varint(_) | Self::Skipped => None,
        }
    }

    pub(super) fn text(self) -> Option<String> {
        String::from_utf8(self.bytes()?.into()).ok()
    }
}

/// The fields of a message in order; an item is `None` where the bytes make no sense, and it is
/// the last.
pub(super) struct Fields(Bytes);

pub(super) fn fields(bytes: Bytes) -> Fields {
    Fields(bytes)
}

impl Iterator for Fields {
    type Item = Option<(u32, Value)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.read();
        if field.is_none() {
            self.0.clear();
        }
        Some(field)
    }
}

impl Fields {
    fn read(&mut self) -> Option<(u32, Value)> {
        let key = self.read_varint()?;
        let number = u32::try_from(key >> 3).ok().filter(|&number| number != 0)?;
        let value = match key & 7 {
            0 => Value::Varint(self.read_varint()?),
            1 => self.skip(8)?,
            2 => {
                let length = usize::try_from(self.read_varint()?).ok()?;
                // A length beyond the end is a lie: nothing is reserved for it.
                if length > self.0.len() {
                    return None;
                }
                Value::Bytes(self.0.split_to(length))
            }
            5 => self.skip(4)?,
            _ => return None,
        };
        Some((number, value))
    }

    fn read_varint(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.0.try_get_u8().ok()?;
            number |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn skip(&mut self, length: usize) -> Option<Value> {
        if self.0.len() < length {
            return None;
        }
        self.0.advance(length);
        Some(Value::Skipped)
    }
}

/// A message being written, field after field.
#[derive(Debug, Default)]
pub(super) struct Writer(BytesMut);

impl Writer {
    pub(super) fn varint(mut self, field: u32, value: u64) -> Self {
        self.put_varint(u64::from(field) << 3);
        self.put_varint(value);
        self
    }

    pub(super) fn bytes(mut self, field: u32, value: &[u8]) -> Self {
        self.put_varint(u64::from(field) << 3 | 2);
        self.put_varint(value.len() as u64);
        self.0.put_slice(value);
        self
    }

    pub(super) fn text(self, field: u32, value: &str) -> Self {
        self.bytes(field, value.as_bytes())
    }

    pub(super) fn message(self, field: u32, message: Self) -> Self {
        self.bytes(field, &message.0)
    }

    /// Fields that were encoded before.
    pub(super) fn raw(mut self, fields: &[u8]) -> Self {
        self.0.put_slice(fields);
        self
    }

    pub(super) fn finish(self) -> Bytes {
        self.0.freeze()
    }

    fn put_varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.put_u8((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        self.0.put_u8(value as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_can_be_read() {
        let bytes = Writer::default()
            .varint(1, 300)
            .text(2, "hi")
            .varint(3, u64::MAX)
            .finish();

        let read: Option<Vec<_>> = fields(bytes).collect();

        assert_eq!(
            read.unwrap(),
            [
                (1, Value::Varint(300)),
                (2, Value::Bytes(Bytes::from_static(b"hi"))),
                (3, Value::Varint(u64::MAX)),
            ]
        );
    }

    #[test]
    fn a_length_that_lies_is_refused() {
        assert_eq!(
            fields(Bytes::from_static(&[0x0a, 0x05, b'x'])).collect::<Option<Vec<_>>>(),
            None
        );
        assert_eq!(
            fields(Bytes::from_static(&[0x0a, 0xff, 0xff, 0xff, 0xff, 0x7f]))
                .collect::<Option<Vec<_>>>(),
            None
        );
    }

    #[test]
    fn a_number_that_never_ends_is_refused() {
        assert_eq!(
            fields(Bytes::from_static(&[0xff; 16])).collect::<Option<Vec<_>>>(),
            None
        );
    }

    #[test]
    fn fixed_width_fields_are_skipped() {
        let bytes = Bytes::from_static(&[0x09, 1, 2, 3, 4, 5, 6, 7, 8, 0x15, 1, 2, 3, 4]);

        let read: Option<Vec<_>> = fields(bytes).collect();

        assert_eq!(read.unwrap(), [(1, Value::Skipped), (2, Value::Skipped)]);
    }
}
