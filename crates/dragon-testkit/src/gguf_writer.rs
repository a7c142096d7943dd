//! Writes GGUF files (version 3, little-endian), as the GGUF specification of the ggml project lays them
//! out: header, keys and values, tensor infos, padding, tensor data.

/// Tensor data and each tensor in it start at multiples of this.
pub const ALIGNMENT: usize = 32;

/// A value of the header.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the format's own types")]
pub enum Value {
    U32(u32),
    I32(i32),
    F32(f32),
    U64(u64),
    Bool(bool),
    String(String),
    Strings(Vec<String>),
    I32s(Vec<i32>),
    F32s(Vec<f32>),
}

/// A file under construction.
#[derive(Debug, Clone, Default)]
pub struct GgufWriter {
    pairs: Vec<(String, Value)>,
    tensors: Vec<Tensor>,
}

#[derive(Debug, Clone)]
struct Tensor {
    name: String,
    dims: Vec<u64>,
    data: Vec<f32>,
}

// === impl GgufWriter ===

impl GgufWriter {
    /// Adds a key.
    pub fn set(&mut self, key: &str, value: Value) -> &mut Self {
        self.pairs.push((key.to_owned(), value));
        self
    }

    /// Adds an F32 tensor; `dims` innermost first, as the format counts them.
    ///
    /// # Panics
    /// Where the dimensions do not multiply to the number of elements.
    pub fn tensor(&mut self, name: &str, dims: &[usize], data: &[f32]) -> &mut Self {
        assert_eq!(dims.iter().product::<usize>(), data.len(), "dimensions of {name}");
        self.tensors.push(Tensor {
            name: name.to_owned(),
            dims: dims.iter().map(|&dim| dim as u64).collect(),
            data: data.to_vec(),
        });
        self
    }

    /// The file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend_from_slice(b"GGUF");
        put_u32(&mut out, 3);
        put_u64(&mut out, self.tensors.len() as u64);
        put_u64(&mut out, self.pairs.len() as u64);
        for (key, value) in &self.pairs {
            put_string(&mut out, key);
            put_value(&mut out, value);
        }
        self.put_tensor_infos(&mut out);
        for tensor in &self.tensors {
            pad(&mut out);
            out.extend(tensor.data.iter().flat_map(|x| x.to_le_bytes()));
        }
        pad(&mut out);
        out
    }

    fn put_tensor_infos(&self, out: &mut Vec<u8>) {
        const GGML_TYPE_F32: u32 = 0;
        let mut offset = 0_usize;
        for tensor in &self.tensors {
            put_string(out, &tensor.name);
            put_u32(out, tensor.dims.len() as u32);
            for &dim in &tensor.dims {
                put_u64(out, dim);
            }
            put_u32(out, GGML_TYPE_F32);
            put_u64(out, offset as u64);
            offset += (tensor.data.len() * size_of::<f32>()).next_multiple_of(ALIGNMENT);
        }
    }
}

/// The format's numbers of the value types.
mod type_id {
    pub(super) const U32: u32 = 4;
    pub(super) const I32: u32 = 5;
    pub(super) const F32: u32 = 6;
    pub(super) const BOOL: u32 = 7;
    pub(super) const STRING: u32 = 8;
    pub(super) const ARRAY: u32 = 9;
    pub(super) const U64: u32 = 10;
}

fn put_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::U32(x) => put_scalar(out, type_id::U32, &x.to_le_bytes()),
        Value::I32(x) => put_scalar(out, type_id::I32, &x.to_le_bytes()),
        Value::F32(x) => put_scalar(out, type_id::F32, &x.to_le_bytes()),
        Value::U64(x) => put_scalar(out, type_id::U64, &x.to_le_bytes()),
        Value::Bool(x) => put_scalar(out, type_id::BOOL, &[u8::from(*x)]),
        Value::String(text) => {
            put_u32(out, type_id::STRING);
            put_string(out, text);
        }
        Value::Strings(texts) => {
            put_array_head(out, type_id::STRING, texts.len());
            texts.iter().for_each(|text| put_string(out, text));
        }
        Value::I32s(xs) => {
            put_array_head(out, type_id::I32, xs.len());
            out.extend(xs.iter().flat_map(|x| x.to_le_bytes()));
        }
        Value::F32s(xs) => {
            put_array_head(out, type_id::F32, xs.len());
            out.extend(xs.iter().flat_map(|x| x.to_le_bytes()));
        }
    }
}

fn put_scalar(out: &mut Vec<u8>, type_id: u32, bytes: &[u8]) {
    put_u32(out, type_id);
    out.extend_from_slice(bytes);
}

fn put_array_head(out: &mut Vec<u8>, element_type_id: u32, n_elements: usize) {
    put_u32(out, type_id::ARRAY);
    put_u32(out, element_type_id);
    put_u64(out, n_elements as u64);
}

fn put_string(out: &mut Vec<u8>, text: &str) {
    put_u64(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

fn put_u32(out: &mut Vec<u8>, x: u32) {
    out.extend_from_slice(&x.to_le_bytes());
}

fn put_u64(out: &mut Vec<u8>, x: u64) {
    out.extend_from_slice(&x.to_le_bytes());
}

fn pad(out: &mut Vec<u8>) {
    out.resize(out.len().next_multiple_of(ALIGNMENT), 0);
}
