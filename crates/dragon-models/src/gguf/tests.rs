//! The reader against good, damaged and hostile files.

use std::io::Cursor;

use dragon_testkit::{
    gguf_writer::{self, GgufWriter},
    tiny::tiny_model_bytes,
};
use proptest::prelude::*;

use super::*;

fn read(bytes: &[u8]) -> Result<GgufHeader, GgufError> {
    GgufHeader::from_reader(Cursor::new(bytes), bytes.len() as u64)
}

fn problem(bytes: &[u8]) -> Problem {
    read(bytes).expect_err("the file should be refused").problem
}

/// A file of one F32 tensor of 8 elements and whatever keys are added.
fn small_file(add: impl FnOnce(&mut GgufWriter)) -> Vec<u8> {
    let mut gguf = GgufWriter::default();
    add(&mut gguf);
    gguf.tensor("weight", &[4, 2], &[0.5; 8]).to_bytes()
}

/// Magic, version, number of tensors, number of keys; then whatever follows.
fn raw_file(n_tensors: u64, n_keys: u64, rest: &[&[u8]]) -> Vec<u8> {
    let mut bytes = b"GGUF\x03\0\0\0".to_vec();
    bytes.extend(n_tensors.to_le_bytes());
    bytes.extend(n_keys.to_le_bytes());
    bytes.extend(rest.concat());
    bytes
}

fn raw_text(text: &str) -> Vec<u8> {
    [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat()
}

/// One tensor named `w`, with everything after the name given.
fn raw_tensor(dimensions: &[u64], type_id: u32, offset: u64) -> Vec<u8> {
    let mut info = raw_text("w");
    info.extend((dimensions.len() as u32).to_le_bytes());
    info.extend(dimensions.iter().flat_map(|dimension| dimension.to_le_bytes()));
    info.extend(type_id.to_le_bytes());
    info.extend(offset.to_le_bytes());
    raw_file(1, 0, &[&info])
}

#[test]
fn the_tiny_model_is_read_as_it_was_written() {
    let bytes = tiny_model_bytes();
    let header = read(bytes).unwrap();
    assert_eq!(header.version, Version::V3);
    assert_eq!(header.values["general.architecture"], Value::Text("llama".to_owned()));
    assert_eq!(header.values["llama.block_count"].as_u64(), Some(3));
    assert_eq!(header.values["tokenizer.ggml.add_bos_token"], Value::Bool(false));
    let embedding = header.tensors.iter().find(|tensor| tensor.name == "token_embd.weight").unwrap();
    assert_eq!((embedding.dimensions.as_slice(), embedding.element.name), ([64, 262].as_slice(), "F32"));
    let last = header.tensors.last().unwrap();
    assert_eq!(header.data_start + last.offset + last.n_bytes, bytes.len() as u64);
}

#[test]
fn single_texts_of_a_vocabulary_are_fetched_by_index() {
    let bytes = tiny_model_bytes();
    let Value::Array(tokens) = read(bytes).unwrap().values["tokenizer.ggml.tokens"] else {
        panic!("an array")
    };
    assert_eq!((tokens.element, tokens.n_elements), (ValueType::Text, 262));
    let text_at = |index| read_text_at(Cursor::new(bytes), bytes.len() as u64, &tokens, index);
    assert_eq!(text_at(97).unwrap(), "a");
    assert_eq!(text_at(261).unwrap(), "</think>");
    assert!(matches!(text_at(262).unwrap_err().problem, Problem::OutOfRange { index: 262, n_elements: 262 }));
}

#[test]
fn integers_of_an_array_are_fetched() {
    let bytes = small_file(|gguf| {
        gguf.set("heads", gguf_writer::Value::I32s(vec![4, 8, 2]));
        gguf.set("below", gguf_writer::Value::I32s(vec![4, -8]));
    });
    let header = read(&bytes).unwrap();
    let fetch = |key: &str| match header.values[key] {
        Value::Array(array) => read_integers(Cursor::new(&bytes), bytes.len() as u64, &array),
        _ => panic!("an array"),
    };
    assert_eq!(fetch("heads").unwrap(), [4, 8, 2]);
    assert!(matches!(fetch("below").unwrap_err().problem, Problem::WrongType { .. }));
}

#[test]
fn every_truncation_is_refused() {
    let bytes = small_file(|gguf| {
        gguf.set("a", gguf_writer::Value::Strings(vec!["x".to_owned(), "yz".to_owned()]));
        gguf.set("b", gguf_writer::Value::F32s(vec![1.0, 2.0]));
    });
    read(&bytes).expect("the whole file is good");
    for n_kept in 0..bytes.len() {
        read(&bytes[..n_kept]).expect_err("a truncated file");
    }
}

#[test]
fn other_kinds_of_files_are_named() {
    let cases: [(&[u8], &str); 9] = [
        (b"", "empty"),
        (b"PK\x03\x04....", "zip"),
        (b"\x40\x01\0\0\0\0\0\0{\"a\":", "safetensors"),
        (b"version https://git-lfs", "Git LFS"),
        (b"<!DOCTYPE html>", "web page"),
        (b"{\"error\": 1}", "JSON"),
        (b"\x1f\x8b\x08\0\0\0\0\0", "gzip"),
        (b"tjgg\x03\0\0\0", "before GGUF"),
        (b"GGU", "does not begin"),
    ];
    for (bytes, words) in cases {
        let message = read(bytes).unwrap_err().to_string();
        assert!(message.contains("not a GGUF file") && message.contains(words), "{message}");
    }
}

#[test]
fn versions_are_checked_and_big_endian_is_named() {
    for (version, name) in [(1_u32, "version 1 "), (4, "version 4 "), (3_u32.swap_bytes(), "big-endian")] {
        let mut bytes = small_file(|_| ());
        bytes[4..8].copy_from_slice(&version.to_le_bytes());
        let message = read(&bytes).unwrap_err().to_string();
        assert!(message.contains(name), "{message}");
    }
    let mut bytes = small_file(|_| ());
    bytes[4] = 2;
    assert_eq!(read(&bytes).unwrap().version, Version::V2);
}

#[test]
fn counts_over_the_limits_are_refused() {
    let over = |bytes: &[u8]| matches!(problem(bytes), Problem::OverLimit { .. });
    assert!(over(&raw_file(MAX_TENSORS + 1, 0, &[])));
    assert!(over(&raw_file(0, u64::MAX, &[])));
    assert!(over(&raw_file(0, 1, &[&u64::MAX.to_le_bytes()])));
    let text_of =
        |length: u64| raw_file(0, 1, &[&raw_text("k"), &8_u32.to_le_bytes(), &length.to_le_bytes()]);
    assert!(over(&text_of(MAX_TEXT_BYTES + 1)));
    let array_of = |element: u32, length: u64| {
        let head = [9_u32.to_le_bytes(), element.to_le_bytes()].concat();
        raw_file(0, 1, &[&raw_text("k"), &head, &length.to_le_bytes()])
    };
    assert!(over(&array_of(8, u64::MAX)));
    assert!(matches!(problem(&array_of(10, MAX_ARRAY_ELEMENTS)), Problem::Truncated { .. }));
    assert!(matches!(problem(&array_of(9, 1)), Problem::NestedArray));
    assert!(matches!(problem(&array_of(13, 1)), Problem::UnknownValueType(13)));
}

#[test]
fn texts_that_are_kept_have_a_limit_together() {
    let text = "x".repeat(MAX_TEXT_BYTES as usize);
    let n_texts = MAX_KEPT_TEXT_BYTES / MAX_TEXT_BYTES;
    let file = |n_texts: u64| {
        small_file(|gguf| {
            for index in 0..n_texts {
                gguf.set(&format!("k{index}"), gguf_writer::Value::String(text.clone()));
            }
        })
    };
    read(&file(n_texts)).unwrap();
    assert!(matches!(problem(&file(n_texts + 1)), Problem::OverLimit { .. }));
}

#[test]
fn a_header_longer_than_the_limit_is_refused() {
    let head = [9_u32, 10].map(u32::to_le_bytes).concat();
    let n_elements = MAX_ARRAY_ELEMENTS.to_le_bytes();
    let keys: Vec<Vec<u8>> = (0..5).map(|index| raw_text(&format!("k{index}"))).collect();
    // Five arrays of 32 MiB each; their content is a hole in a sparse file.
    let parts: Vec<&[u8]> = keys.iter().flat_map(|key| [key, head.as_slice(), &n_elements]).collect();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sparse.gguf");
    write_with_holes(&path, &raw_file(0, 5, &[]), &parts, MAX_ARRAY_ELEMENTS * 8);
    assert!(matches!(GgufHeader::read(&path).unwrap_err().problem, Problem::HeaderTooLong));
}

/// Writes the start, and after every third part a hole.
fn write_with_holes(path: &std::path::Path, start: &[u8], parts: &[&[u8]], hole: u64) {
    use std::io::{Seek as _, SeekFrom, Write as _};
    let mut file = std::fs::File::create(path).unwrap();
    file.write_all(start).unwrap();
    for parts in parts.chunks(3) {
        parts.iter().for_each(|part| file.write_all(part).unwrap());
        file.seek(SeekFrom::Current(hole as i64)).unwrap();
    }
    let end = file.stream_position().unwrap();
    file.set_len(end).unwrap();
}

#[test]
fn damaged_keys_are_refused() {
    let twice = small_file(|gguf| {
        gguf.set("k", gguf_writer::Value::U32(1)).set("k", gguf_writer::Value::U32(2));
    });
    assert!(matches!(problem(&twice), Problem::Duplicate { what: "key", .. }));
    assert!(matches!(problem(&raw_file(0, 1, &[&raw_text("")])), Problem::BadName("key")));
    let bool_of_2 = raw_file(0, 1, &[&raw_text("k"), &7_u32.to_le_bytes(), &[2]]);
    assert!(matches!(problem(&bool_of_2), Problem::NotBool(2)));
    for alignment in [0, 3, 1 << 20] {
        let bytes = small_file(|gguf| {
            gguf.set("general.alignment", gguf_writer::Value::U32(alignment));
        });
        assert!(matches!(problem(&bytes), Problem::BadAlignment(_)), "{alignment}");
    }
}

#[test]
fn damaged_tensors_are_refused_by_what_is_wrong() {
    const F32: u32 = 0;
    const Q4_0: u32 = 2;
    assert!(matches!(problem(&raw_tensor(&[], F32, 0)), Problem::BadDimensionCount(0)));
    assert!(matches!(problem(&raw_tensor(&[1; 5], F32, 0)), Problem::BadDimensionCount(5)));
    assert!(matches!(problem(&raw_tensor(&[4, 0], F32, 0)), Problem::ZeroDimension));
    assert!(matches!(problem(&raw_tensor(&[4], 4, 0)), Problem::UnknownElementType(4)));
    assert!(matches!(problem(&raw_tensor(&[33], Q4_0, 0)), Problem::PartialBlock { row: 33, block: 32 }));
    assert!(matches!(problem(&raw_tensor(&[1 << 40, 1 << 40], F32, 0)), Problem::Overflow { .. }));
    assert!(matches!(problem(&raw_tensor(&[u64::MAX], F32, 0)), Problem::Overflow { .. }));
    assert!(matches!(problem(&raw_tensor(&[4], F32, 7)), Problem::Misaligned { offset: 7, alignment: 32 }));
    assert!(matches!(problem(&raw_tensor(&[4], F32, 0)), Problem::BeyondFile { .. }));
    assert!(matches!(problem(&raw_tensor(&[4], F32, u64::MAX - 31)), Problem::Misplaced { .. }));
    assert!(matches!(problem(&raw_tensor(&[(1 << 62) - 8], F32, 0)), Problem::Overflow { .. }));
}

#[test]
fn tensors_that_overlap_or_leave_holes_are_refused() {
    let two = |second: u64| {
        let info = |name: &str, offset: u64| {
            let numbers =
                [raw_text(name), 1_u32.to_le_bytes().to_vec(), 8_u64.to_le_bytes().to_vec()].concat();
            [numbers, 0_u32.to_le_bytes().to_vec(), offset.to_le_bytes().to_vec()].concat()
        };
        raw_file(2, 0, &[&info("a", 0), &info("b", second), &[0; 512]])
    };
    read(&two(32)).unwrap();
    assert!(matches!(problem(&two(0)), Problem::Misplaced { offset: 0, expected: 32 }));
    assert!(matches!(problem(&two(64)), Problem::Misplaced { offset: 64, expected: 32 }));
}

#[test]
fn tensors_of_one_name_are_refused() {
    let bytes = small_file(|gguf| {
        gguf.tensor("weight", &[1], &[0.5]);
    });
    assert!(matches!(problem(&bytes), Problem::Duplicate { what: "tensor", .. }));
}

#[test]
fn more_elements_than_ggml_can_count_are_refused_even_if_their_bytes_fit() {
    const Q1_0: u32 = 41;
    // 2^63 elements in blocks of 128 take 18 bytes each: 1.3 exabytes, which a sparse file can claim.
    let bytes = raw_tensor(&[1 << 32, 1 << 31], Q1_0, 0);
    let error = GgufHeader::from_reader(Cursor::new(bytes), 1 << 62).unwrap_err();
    assert!(matches!(error.problem, Problem::Overflow { .. }), "{error}");
}

#[test]
fn tensors_that_cannot_be_mapped_are_refused() {
    let with_alignment = |alignment: u32, key: &str| {
        small_file(|gguf| {
            gguf.set("general.alignment", gguf_writer::Value::U32(alignment));
            gguf.set(key, gguf_writer::Value::Bool(true));
        })
    };
    // The length of a key decides where the tensor lands.
    let verdicts: Vec<bool> = (1..=32).map(|n| read(&with_alignment(1, &"k".repeat(n))).is_ok()).collect();
    assert_eq!(verdicts.iter().filter(|&&is_ok| is_ok).count(), 1, "{verdicts:?}");
    let at = verdicts.iter().position(|is_ok| !is_ok).unwrap() + 1;
    let error = read(&with_alignment(1, &"k".repeat(at))).unwrap_err();
    assert!(matches!(error.problem, Problem::NotMappable { .. }), "{error}");
}

#[test]
fn numbers_that_are_none_are_refused_and_infinite_ones_are_not() {
    let with = |x: f32| {
        small_file(|gguf| {
            gguf.set("k", gguf_writer::Value::F32(x));
        })
    };
    assert!(matches!(problem(&with(f32::NAN)), Problem::NotANumber));
    read(&with(f32::INFINITY)).unwrap();
}

#[test]
fn names_in_messages_cannot_drive_a_terminal() {
    let key = "\u{1b}[2J";
    let twice = small_file(|gguf| {
        gguf.set(key, gguf_writer::Value::U32(1)).set(key, gguf_writer::Value::U32(2));
    });
    let message = read(&twice).unwrap_err().to_string();
    assert!(message.contains("[2J") && !message.contains('\u{1b}'), "{message:?}");
}

#[test]
fn an_error_says_what_where_and_what_to_do() {
    let message = read(&raw_tensor(&[4], 4, 0)).unwrap_err().to_string();
    assert_eq!(
        message,
        "tensor element type 4 is unknown (near byte 49, in tensor `w`). Use a quantisation that this \
         version knows, such as Q4_K_M."
    );
}

proptest! {
    #[test]
    fn a_flipped_byte_is_read_or_refused_but_never_a_panic(at in 0_usize..9_000, flip in 1_u8..) {
        let mut bytes = tiny_model_bytes().to_vec();
        bytes[at] ^= flip;
        if let Ok(header) = read(&bytes) {
            for tensor in &header.tensors {
                prop_assert!(header.data_start + tensor.offset + tensor.n_bytes <= bytes.len() as u64);
            }
        }
    }

    #[test]
    fn random_bytes_after_the_magic_are_never_a_panic(rest in prop::collection::vec(any::<u8>(), 0..400)) {
        let bytes = [b"GGUF\x03\0\0\0".as_slice(), &rest].concat();
        let _ = read(&bytes);
    }

    #[test]
    fn small_counts_with_random_bytes_are_never_a_panic(
        n_tensors in 0_u64..4, n_keys in 0_u64..4, rest in prop::collection::vec(0_u8..14, 0..400),
    ) {
        let _ = read(&raw_file(n_tensors, n_keys, &[&rest]));
    }
}

/// Files that claim to be a terabyte long, with lengths to match: what they cost is bounded by the limits,
/// not by what they claim.
#[cfg(target_os = "linux")]
#[test]
fn claimed_lengths_cost_no_memory() {
    const MAX_GROWTH_KB: u64 = 16 * 1024;
    let claims = |bytes: &[u8]| GgufHeader::from_reader(Cursor::new(bytes.to_vec()), 1 << 40);
    let before = peak_memory_kb();
    for length in [1 << 20, MAX_ARRAY_ELEMENTS, u64::from(u32::MAX), 1 << 39, u64::MAX] {
        for value_type in [8_u32, 9] {
            for element in [0_u32, 8, 10] {
                let head = [value_type.to_le_bytes(), element.to_le_bytes()].concat();
                let head = if value_type == 8 { &head[..4] } else { &head };
                let bytes = raw_file(MAX_TENSORS, MAX_KEYS, &[&raw_text("k"), head, &length.to_le_bytes()]);
                claims(&bytes).unwrap_err();
            }
        }
    }
    let growth = peak_memory_kb() - before;
    assert!(growth < MAX_GROWTH_KB, "{growth} kB");
}

#[cfg(target_os = "linux")]
fn peak_memory_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
