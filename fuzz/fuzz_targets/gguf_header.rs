//! The header of a model file, and the arrays in it: never a panic, never a tensor outside the file.
#![no_main]

use std::io::Cursor;

use dragon_models::gguf::{GgufHeader, Value, read_integers, read_text_at};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let file_len = bytes.len() as u64;
    let Ok(header) = GgufHeader::from_reader(Cursor::new(bytes), file_len) else { return };
    for tensor in &header.tensors {
        assert!(header.data_start + tensor.offset + tensor.n_bytes <= file_len);
    }
    for value in header.values.values() {
        if let Value::Array(array) = value {
            let _ = read_integers(Cursor::new(bytes), file_len, array);
            let _ = read_text_at(Cursor::new(bytes), file_len, array, array.n_elements.saturating_sub(1));
        }
    }
});
