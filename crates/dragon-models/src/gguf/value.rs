//! Values of the header's keys. Arrays stay in the file: a vocabulary of 260,000 texts is counted and its
//! place remembered, so that the server stays small.

use std::io::{Read, Seek, SeekFrom};

use super::{
    MAX_ARRAY_ELEMENTS, MAX_FETCHED_INTEGERS, MAX_TEXT_BYTES, MAX_TOKEN_TEXT_BYTES,
    error::{GgufError, Problem},
    source::Source,
};

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Any unsigned integer.
    Unsigned(u64),
    /// Any signed integer.
    Signed(i64),
    /// 32 or 64 bits.
    Float(f64),
    /// A truth value.
    Bool(bool),
    /// A text; bytes that are not UTF-8 are replaced.
    Text(String),
    /// An array that is still in the file.
    Array(Array),
}

/// Where an array lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Array {
    /// Type of its elements, never [`ValueType::Array`].
    pub element: ValueType,
    /// How many there are.
    pub n_elements: u64,
    /// Where the first one starts, in bytes from the start of the file.
    pub position: u64,
}

/// The types of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the format's own names")]
pub enum ValueType {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    F32,
    Bool,
    Text,
    Array,
    U64,
    I64,
    F64,
}

// === impl ValueType ===

impl ValueType {
    fn from_id(id: u32) -> Result<Self, Problem> {
        Ok(match id {
            0 => Self::U8,
            1 => Self::I8,
            2 => Self::U16,
            3 => Self::I16,
            4 => Self::U32,
            5 => Self::I32,
            6 => Self::F32,
            7 => Self::Bool,
            8 => Self::Text,
            9 => Self::Array,
            10 => Self::U64,
            11 => Self::I64,
            12 => Self::F64,
            _ => return Err(Problem::UnknownValueType(id)),
        })
    }

    /// Bytes of one element, or `None` where they vary.
    fn fixed_bytes(self) -> Option<u64> {
        match self {
            Self::U8 | Self::I8 | Self::Bool => Some(1),
            Self::U16 | Self::I16 => Some(2),
            Self::U32 | Self::I32 | Self::F32 => Some(4),
            Self::U64 | Self::I64 | Self::F64 => Some(8),
            Self::Text | Self::Array => None,
        }
    }
}

// === impl Value ===

impl Value {
    /// The value as an unsigned integer, of whatever width and sign the file has it.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        match *self {
            Self::Unsigned(x) => Some(x),
            Self::Signed(x) => u64::try_from(x).ok(),
            _ => None,
        }
    }

    /// What kind of value it is, in words.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Unsigned(_) => "an unsigned integer",
            Self::Signed(_) => "a signed integer",
            Self::Float(_) => "a floating-point number",
            Self::Bool(_) => "a truth value",
            Self::Text(_) => "a text",
            Self::Array(_) => "an array",
        }
    }

    pub(super) fn read<R: Read + Seek>(source: &mut Source<R>) -> Result<Self, Problem> {
        match ValueType::from_id(source.u32()?)? {
            ValueType::Text => {
                let bytes = source.bytes("the length of a text", MAX_TEXT_BYTES)?;
                Ok(Self::Text(String::from_utf8_lossy(&bytes).into_owned()))
            }
            ValueType::Array => Ok(Self::Array(Array::read(source)?)),
            scalar => Self::read_scalar(source, scalar),
        }
    }

    fn read_scalar<R: Read + Seek>(source: &mut Source<R>, kind: ValueType) -> Result<Self, Problem> {
        Ok(match kind {
            ValueType::U8 => Self::Unsigned(source.u8()?.into()),
            ValueType::I8 => Self::Signed(i8::from_le_bytes(source.array()?).into()),
            ValueType::U16 => Self::Unsigned(u16::from_le_bytes(source.array()?).into()),
            ValueType::I16 => Self::Signed(i16::from_le_bytes(source.array()?).into()),
            ValueType::U32 => Self::Unsigned(source.u32()?.into()),
            ValueType::I32 => Self::Signed(i32::from_le_bytes(source.array()?).into()),
            ValueType::F32 => Self::Float(f32::from_le_bytes(source.array()?).into()),
            ValueType::U64 => Self::Unsigned(source.u64()?),
            ValueType::I64 => Self::Signed(i64::from_le_bytes(source.array()?)),
            ValueType::F64 => Self::Float(f64::from_le_bytes(source.array()?)),
            ValueType::Bool => match source.u8()? {
                0 => Self::Bool(false),
                1 => Self::Bool(true),
                other => return Err(Problem::NotBool(other)),
            },
            ValueType::Text | ValueType::Array => return Err(Problem::NestedArray),
        })
    }
}

// === impl Array ===

impl Array {
    /// Reads the array's head and passes over its elements, checking every length on the way.
    fn read<R: Read + Seek>(source: &mut Source<R>) -> Result<Self, Problem> {
        let element = ValueType::from_id(source.u32()?)?;
        let n_elements = source.length("the length of an array", MAX_ARRAY_ELEMENTS)?;
        let position = source.position();
        match (element, element.fixed_bytes()) {
            (_, Some(n_bytes)) => {
                let total = n_elements.checked_mul(n_bytes);
                source.skip(total.ok_or(Problem::Overflow { what: "the size of an array" })?)?;
            }
            (ValueType::Text, None) => {
                for _ in 0..n_elements {
                    skip_text(source)?;
                }
            }
            (_, None) => return Err(Problem::NestedArray),
        }
        Ok(Self { element, n_elements, position })
    }
}

fn skip_text<R: Read + Seek>(source: &mut Source<R>) -> Result<(), Problem> {
    let n_bytes = source.length("the length of a text in an array", MAX_TOKEN_TEXT_BYTES)?;
    source.skip(n_bytes)
}

/// Fetches one text of an array of texts; bytes that are not UTF-8 are replaced. Costs a pass over the
/// texts before it.
///
/// # Errors
/// Where the array does not hold texts or has no such index, or where the file changed meanwhile.
pub fn read_text_at<R: Read + Seek>(
    reader: R,
    file_len: u64,
    array: &Array,
    index: u64,
) -> Result<String, GgufError> {
    fetch(reader, file_len, array, |source| {
        if array.element != ValueType::Text {
            return Err(Problem::WrongType { expected: "an array of texts", found: "another array" });
        }
        if index >= array.n_elements {
            return Err(Problem::OutOfRange { index, n_elements: array.n_elements });
        }
        for _ in 0..index {
            skip_text(source)?;
        }
        let bytes = source.bytes("the length of a text in an array", MAX_TOKEN_TEXT_BYTES)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    })
}

/// Reads every text of an array of texts in turn: its index, and its bytes as they are in the file.
///
/// # Errors
/// Where the array does not hold texts, or where the file changed meanwhile.
pub fn each_text<R: Read + Seek>(
    reader: R,
    file_len: u64,
    array: &Array,
    mut visit: impl FnMut(u64, &[u8]),
) -> Result<(), GgufError> {
    fetch(reader, file_len, array, |source| {
        if array.element != ValueType::Text {
            return Err(Problem::WrongType { expected: "an array of texts", found: "another array" });
        }
        for index in 0..array.n_elements {
            visit(index, &source.bytes("the length of a text in an array", MAX_TOKEN_TEXT_BYTES)?);
        }
        Ok(())
    })
}

/// Reads every number of an array of integers in turn, with its index.
///
/// # Errors
/// Where the array holds anything else than integers of 63 bits, or where the file changed meanwhile.
pub fn each_integer<R: Read + Seek>(
    reader: R,
    file_len: u64,
    array: &Array,
    mut visit: impl FnMut(u64, i64),
) -> Result<(), GgufError> {
    fetch(reader, file_len, array, |source| {
        for index in 0..array.n_elements {
            let value = Value::read_scalar(source, array.element)?;
            let number = match value {
                Value::Signed(x) => Some(x),
                Value::Unsigned(x) => i64::try_from(x).ok(),
                _ => None,
            };
            let wrong = Problem::WrongType { expected: "an integer", found: value.kind() };
            visit(index, number.ok_or(wrong)?);
        }
        Ok(())
    })
}

/// Fetches an array of integers, such as the number of heads of each layer.
///
/// # Errors
/// Where the array is longer than [`MAX_FETCHED_INTEGERS`] or holds anything else than integers of zero or
/// more.
pub fn read_integers<R: Read + Seek>(reader: R, file_len: u64, array: &Array) -> Result<Vec<u64>, GgufError> {
    fetch(reader, file_len, array, |source| {
        if array.n_elements > MAX_FETCHED_INTEGERS {
            let (found, limit) = (array.n_elements, MAX_FETCHED_INTEGERS);
            return Err(Problem::OverLimit { what: "the length of an array of integers", found, limit });
        }
        (0..array.n_elements)
            .map(|_| {
                let value = Value::read_scalar(source, array.element)?;
                let found = value.kind();
                value.as_u64().ok_or(Problem::WrongType { expected: "an integer of zero or more", found })
            })
            .collect()
    })
}

fn fetch<R: Read + Seek, T>(
    mut reader: R,
    file_len: u64,
    array: &Array,
    read: impl FnOnce(&mut Source<R>) -> Result<T, Problem>,
) -> Result<T, GgufError> {
    let start = reader.seek(SeekFrom::Start(0)).map_err(Problem::Io);
    let mut source = Source::new(reader, file_len);
    start
        .and_then(|_| source.skip(array.position))
        .and_then(|()| read(&mut source))
        .map_err(|problem| GgufError { problem, near_byte: source.position(), place: "an array".to_owned() })
}
