//! A whole model file, as `dragon serve --model` opens it: never a panic; what is accepted is what the engine
//! may be given; and a refusal is one line that cannot drive a terminal.
#![no_main]

use std::{fs, io::Cursor, path::PathBuf, sync::LazyLock};

use dragon_models::{KvElement, ModelFile, estimate_memory, gguf::GgufHeader};
use libfuzzer_sys::fuzz_target;

/// In memory where the system has such a place; each process writes its own.
static PATH: LazyLock<PathBuf> = LazyLock::new(|| {
    let memory = PathBuf::from("/dev/shm");
    let directory = if memory.is_dir() { memory } else { std::env::temp_dir() };
    directory.join(format!("dragon-fuzz-{}.gguf", std::process::id()))
});

fuzz_target!(|bytes: &[u8]| {
    // What has no good header is refused for that, which the target `gguf_header` looks at, and faster.
    if GgufHeader::from_reader(Cursor::new(bytes), bytes.len() as u64).is_err() {
        return;
    }
    fs::write(&*PATH, bytes).expect("the file can be written");
    let opened = ModelFile::open(&PATH);
    // Gone at once, so that nothing is left wherever this process ends.
    fs::remove_file(&*PATH).expect("the file can be removed");
    let model = match opened {
        Ok(model) => model,
        Err(error) => {
            let message = error.to_string();
            assert!(!message.chars().any(char::is_control), "{message:?}");
            assert!(message.len() < 4096, "{}", message.len());
            return;
        }
    };
    assert!((1..=512).contains(&model.n_layer));
    assert!(model.n_embd > 0 && model.n_vocab > 0 && model.n_ctx_train > 0);
    assert!(model.weights_bytes > 0 && model.weights_bytes < model.size_bytes);
    assert!(model.n_head_kv == 0 || model.n_head % model.n_head_kv == 0 || model.n_layer > 1);
    assert!(model.architecture.bytes().all(|byte| byte.is_ascii_graphic()));
    if let Ok(estimate) = estimate_memory(&model, model.n_ctx_train, 256, KvElement::Q8_0) {
        assert!(estimate.total_bytes >= model.weights_bytes);
    }
});
