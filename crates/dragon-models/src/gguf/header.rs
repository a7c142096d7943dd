//! The header as a whole.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{Read, Seek},
    path::Path,
};

use super::{
    DEFAULT_ALIGNMENT, MAX_ALIGNMENT, MAX_KEPT_TEXT_BYTES, MAX_KEY_BYTES, MAX_KEYS, MAX_TENSORS,
    error::{GgufError, Problem},
    source::Source,
    tensor::Tensor,
    value::Value,
};

/// The key that sets the alignment of tensor data.
const ALIGNMENT_KEY: &str = "general.alignment";

/// Everything that a file says before its weights.
#[derive(Debug, Clone, PartialEq)]
pub struct GgufHeader {
    /// Version of the format.
    pub version: Version,
    /// Values by key.
    pub values: BTreeMap<String, Value>,
    /// Tensors in the order of the file.
    pub tensors: Vec<Tensor>,
    /// Where tensor data starts, in bytes from the start of the file.
    pub data_start: u64,
    /// Length of the file in bytes.
    pub file_len: u64,
}

/// Versions of the format that are read. They do not differ in what this reader looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the numbers speak")]
pub enum Version {
    V2,
    V3,
}

// === impl GgufHeader ===

impl GgufHeader {
    /// Reads the header of a file.
    ///
    /// # Errors
    /// Where the file cannot be opened, or is refused; see [`Problem`].
    pub fn read(path: &Path) -> Result<Self, GgufError> {
        let opened = File::open(path).and_then(|file| Ok((file.metadata()?.len(), file)));
        let (file_len, file) = opened.map_err(|error| GgufError {
            problem: Problem::Io(error),
            near_byte: 0,
            place: "the file itself".to_owned(),
        })?;
        Self::from_reader(file, file_len)
    }

    /// Reads a header from the start of a file of `file_len` bytes.
    ///
    /// # Errors
    /// Where the header is refused; see [`Problem`].
    pub fn from_reader<R: Read + Seek>(reader: R, file_len: u64) -> Result<Self, GgufError> {
        let mut parser =
            Parser { source: Source::new(reader, file_len), place: "the first bytes".to_owned() };
        parser.header().map_err(|problem| GgufError {
            problem,
            near_byte: parser.source.position(),
            place: parser.place,
        })
    }

    /// Bytes of all tensors together.
    #[must_use]
    pub fn tensor_bytes(&self) -> u64 {
        // No overflow: the tensors lie one after the other within the file.
        self.tensors.iter().map(|tensor| tensor.n_bytes).sum()
    }
}

/// The reader together with the name of what it is reading, for the error.
struct Parser<R> {
    source: Source<R>,
    place: String,
}

// === impl Parser ===

impl<R: Read + Seek> Parser<R> {
    fn header(&mut self) -> Result<GgufHeader, Problem> {
        let version = self.version()?;
        let n_tensors = self.source.length("the number of tensors", MAX_TENSORS)?;
        let n_keys = self.source.length("the number of keys", MAX_KEYS)?;
        let values = self.values(n_keys)?;
        let alignment = alignment(&values)?;
        let tensors = self.tensors(n_tensors)?;

        let infos_end = self.source.position();
        let data_start = infos_end.next_multiple_of(alignment);
        let file_len = self.source.file_len();
        let mut expected = 0;
        for tensor in &tensors {
            self.place = format!("tensor `{}`", tensor.name.escape_debug());
            let end = tensor.check_place(data_start, alignment, expected, file_len)?;
            // No overflow: the end is within the file, and files are shorter than 2^63 bytes.
            expected = end.next_multiple_of(alignment);
        }
        Ok(GgufHeader { version, values, tensors, data_start, file_len })
    }

    fn version(&mut self) -> Result<Version, Problem> {
        let n_first = usize::try_from(self.source.file_len().min(8)).unwrap_or(8);
        let mut first = [0_u8; 8];
        for byte in &mut first[..n_first] {
            *byte = self.source.u8()?;
        }
        let [magic @ .., a, b, c, d] = first;
        if magic != *b"GGUF" {
            return Err(Problem::NotGguf { looks_like: looks_like(&first[..n_first]) });
        }
        if n_first < first.len() {
            return Err(Problem::Truncated { needed: 4, left: n_first as u64 - 4 });
        }
        match u32::from_le_bytes([a, b, c, d]) {
            2 => Ok(Version::V2),
            3 => Ok(Version::V3),
            other if (1..=3).contains(&other.swap_bytes()) => Err(Problem::BigEndian),
            other => Err(Problem::UnknownVersion(other)),
        }
    }

    fn values(&mut self, n_keys: u64) -> Result<BTreeMap<String, Value>, Problem> {
        let mut values = BTreeMap::new();
        let mut n_kept_bytes = 0;
        for index in 0..n_keys {
            self.place = format!("key {} of {n_keys}", index + 1);
            let key = self.source.bytes("the length of a key", MAX_KEY_BYTES)?;
            let key = String::from_utf8(key).ok().filter(|key| !key.is_empty());
            let key = key.ok_or(Problem::BadName("key"))?;
            self.place = format!("key `{}`", key.escape_debug());
            let value = Value::read(&mut self.source)?;
            match &value {
                Value::Text(text) => {
                    n_kept_bytes += text.len() as u64;
                    check_kept(n_kept_bytes)?;
                }
                Value::Float(x) if x.is_nan() => return Err(Problem::NotANumber),
                _ => {}
            }
            if values.contains_key(&key) {
                return Err(Problem::Duplicate { what: "key", name: key });
            }
            values.insert(key, value);
        }
        Ok(values)
    }

    fn tensors(&mut self, n_tensors: u64) -> Result<Vec<Tensor>, Problem> {
        let mut names = BTreeSet::new();
        let mut tensors = Vec::new();
        for index in 0..n_tensors {
            self.place = format!("tensor {} of {n_tensors}", index + 1);
            let name = Tensor::read_name(&mut self.source)?;
            self.place = format!("tensor `{}`", name.escape_debug());
            if !names.insert(name.clone()) {
                return Err(Problem::Duplicate { what: "tensor", name });
            }
            tensors.push(Tensor::read_rest(name, &mut self.source)?);
        }
        Ok(tensors)
    }
}

fn check_kept(found: u64) -> Result<(), Problem> {
    let limit = MAX_KEPT_TEXT_BYTES;
    if found > limit {
        Err(Problem::OverLimit { what: "the bytes of all texts", found, limit })
    } else {
        Ok(())
    }
}

fn alignment(values: &BTreeMap<String, Value>) -> Result<u64, Problem> {
    let Some(value) = values.get(ALIGNMENT_KEY) else {
        return Ok(DEFAULT_ALIGNMENT);
    };
    let expected = "an unsigned integer";
    let alignment = value.as_u64().ok_or(Problem::WrongType { expected, found: value.kind() })?;
    if !alignment.is_power_of_two() || alignment > MAX_ALIGNMENT {
        return Err(Problem::BadAlignment(alignment));
    }
    Ok(alignment)
}

/// What a file that is no GGUF may be instead, from its first bytes: the mistakes that people make.
fn looks_like(first: &[u8]) -> &'static str {
    match first {
        [] => "it is empty",
        [b'P', b'K', 3 | 5, ..] => "it looks like a zip archive, perhaps PyTorch weights",
        [0, 0, 0, 0, ..] => "it begins with zeros, like an unfinished download",
        [b'v', b'e', b'r', b's', b'i', b'o', b'n', ..] => {
            "it looks like a Git LFS pointer, a note in place of the file"
        }
        [b'<', ..] => "it looks like a web page, perhaps an error page that was saved as the file",
        [b'{', ..] => "it looks like JSON",
        [0x1F, 0x8B, ..] => "it looks like a gzip archive",
        [b't' | b'l' | b'f', b'j' | b'm', b'g', b'g', ..] => "it looks like the format before GGUF",
        // They begin with the length of their JSON header, eight bytes of which the upper are zero.
        [_, _, _, _, 0, 0, 0, 0] => "it looks like safetensors weights",
        _ => "it does not begin with `GGUF`",
    }
}
