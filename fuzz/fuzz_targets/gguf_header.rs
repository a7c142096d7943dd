//! The header of a model file, and the arrays in it: never a panic; what is accepted lies in the file in
//! order, says each thing once, and is not accepted any more once its last byte is gone.
#![no_main]

use std::{collections::BTreeSet, io::Cursor};

use dragon_models::gguf::{
    Array, GgufHeader, MAPPED_ALIGNMENT, MAX_DIMENSIONS, MAX_TENSOR_NAME_BYTES, Value, ValueType, each_text,
    read_integers, read_text_at,
};
use libfuzzer_sys::fuzz_target;

fn read(bytes: &[u8]) -> Result<GgufHeader, String> {
    GgufHeader::from_reader(Cursor::new(bytes), bytes.len() as u64).map_err(|error| error.to_string())
}

fuzz_target!(|bytes: &[u8]| {
    let header = match read(bytes) {
        Ok(header) => header,
        Err(message) => {
            assert!(!message.chars().any(char::is_control), "{message:?}");
            return;
        }
    };
    check_tensors(&header, bytes);
    for value in header.values.values() {
        match value {
            Value::Float(x) => assert!(!x.is_nan()),
            Value::Array(array) => check_array(array, bytes),
            _ => {}
        }
    }
});

fn check_tensors(header: &GgufHeader, bytes: &[u8]) {
    let mut names = BTreeSet::new();
    let mut end_before = header.data_start;
    for tensor in &header.tensors {
        assert!(names.insert(&tensor.name), "two of one name");
        assert!(!tensor.name.is_empty() && tensor.name.len() as u64 <= MAX_TENSOR_NAME_BYTES);
        assert!(!tensor.dimensions.is_empty() && tensor.dimensions.len() <= MAX_DIMENSIONS as usize);
        let n_elements: u64 = tensor.dimensions.iter().product();
        assert_eq!(n_elements / tensor.element.block_elements * tensor.element.block_bytes, tensor.n_bytes);
        let start = header.data_start + tensor.offset;
        assert!(start >= end_before && start.is_multiple_of(MAPPED_ALIGNMENT));
        end_before = start + tensor.n_bytes;
        assert!(tensor.n_bytes > 0 && end_before <= header.file_len);
    }
    if !header.tensors.is_empty() {
        let short = usize::try_from(end_before - 1).expect("within the input");
        assert!(read(&bytes[..short]).is_err(), "a byte of the last tensor may be missing");
    }
}

fn check_array(array: &Array, bytes: &[u8]) {
    let file_len = bytes.len() as u64;
    assert!(array.position <= file_len && array.element != ValueType::Array);
    let _ = read_integers(Cursor::new(bytes), file_len, array);
    let mut texts: Vec<Vec<u8>> = Vec::new();
    let all = each_text(Cursor::new(bytes), file_len, array, |_, text| texts.push(text.to_vec()));
    assert_eq!(all.is_ok(), array.element == ValueType::Text, "an array that was passed over can be read");
    for (index, text) in (0..array.n_elements).zip(&texts).take(3) {
        let alone =
            read_text_at(Cursor::new(bytes), file_len, array, index).expect("it was read with the others");
        assert_eq!(alone, String::from_utf8_lossy(text));
    }
    let beyond = read_text_at(Cursor::new(bytes), file_len, array, array.n_elements);
    assert!(beyond.is_err(), "no text after the last");
}
