use std::path::Path;
use std::time::Duration;

use dragon_core::sampling::SamplingDefaults;
use dragon_http::GuardMode;
use dragon_ipc::{CacheType, FlashAttention};

use super::{plan, plan_of};
use crate::config::settings::{model, server};
use crate::config::{Flags, Place, Plan, Problems, UseTuned, Weights};

#[test]
fn without_file_and_flags_the_default_model_is_served_on_loopback() {
    let mut problems = Problems::default();
    let plan = Plan::new(&Flags::default(), &mut problems);
    assert_eq!(problems.exit(), None);
    assert_eq!(plan.listen.value.to_string(), "127.0.0.1:8080");
    assert_eq!(plan.models.len(), 1);
    assert_eq!(plan.models[0].id, "smollm2-135m");
    assert_eq!(plan.models[0].path.value, Path::new("models/SmolLM2-135M-Instruct.Q4_1.gguf"));
    assert_eq!(plan.models[0].path.place, Place::Default);
}

#[test]
fn defaults_are_the_documented_ones() {
    let plan = plan_of("[[model]]\nid = \"a\"\npath = \"a.gguf\"\n");
    assert_eq!(plan.listen.value.to_string(), server::LISTEN.default.unwrap());
    assert_eq!(Some(plan.max_connections), server::MAX_CONNECTIONS.default);
    assert_eq!(Some(plan.max_body_bytes), server::MAX_BODY_BYTES.default);
    assert!(plan.cors_origins.is_empty() && plan.allowed_hosts.is_empty());

    let a = &plan.models[0];
    assert_eq!(Some(a.slots), model::SLOTS.default);
    assert_eq!(Some(a.prefix_cache_mib), model::PREFIX_CACHE_MIB.default);
    assert_eq!(Some(a.gpu_layers), model::GPU_LAYERS.default);
    assert_eq!(Some(a.queue_max), server::QUEUE_MAX.default);
    assert_eq!(a.deadline, Duration::from_secs(10));
    // Left open, for tuning or the rules of thumb.
    assert_eq!((a.cache_type, a.flash_attention, a.threads, a.prefill_chunk), (None, None, None, None));
    assert_eq!((a.max_draft, a.weights, a.use_tuned), (0, Weights::AsIs, UseTuned::Auto));
    assert_eq!((a.ctx.clone(), a.max_tokens, a.sha256.clone()), (None, None, None));
    assert_eq!(a.sampling, SamplingDefaults::default());
    let documented = SamplingDefaults {
        temperature: model::TEMPERATURE.default,
        top_p: model::TOP_P.default,
        top_k: model::TOP_K.default.unwrap(),
        min_p: model::MIN_P.default,
    };
    assert_eq!(a.sampling, documented);
}

#[test]
fn every_setting_reaches_the_plan() {
    let plan = plan_of(
        r#"[server]
listen = "[::1]:9"
deadline_ms = 2000
queue_max = 7
max_connections = 9
max_body_bytes = 4096
cors_origins = ["https://chat.example.org", "http://localhost:3000"]
allowed_hosts = ["box.example.org", "box:8080"]

[[model]]
id = "org/Name-1.0:q4"
path = "a.gguf"
sha256 = "B179C9523D0E6A0F98A330C7562B682750A6F8C8C15E5BC70EA373728110DB53"
ctx = 2048
slots = 3
cache_type = "q8_0"
flash_attention = "on"
prefix_cache_mib = 64
speculation = "prompt-lookup"
weights = "fast"
tuned = "off"
standby = "on"
hang_ms = 700
threads = 5
prefill_chunk = 32
gpu_layers = 1
max_tokens = 256
deadline_ms = 60000
queue_max = 11
chat_template = "t/chat.jinja"
temperature = 1
top_p = 0.5
top_k = 0
min_p = 0.25
guard = "alarm"
"#,
    );
    assert_eq!(plan.listen.value.to_string(), "[::1]:9");
    assert_eq!((plan.max_connections, plan.max_body_bytes), (9, 4096));
    assert_eq!(plan.cors_origins, ["https://chat.example.org", "http://localhost:3000"]);
    assert_eq!(plan.allowed_hosts, ["box.example.org", "box:8080"]);

    let a = &plan.models[0];
    assert_eq!(a.id, "org/Name-1.0:q4");
    assert_eq!(a.path.value, Path::new("/etc/dragon/a.gguf"));
    let digest = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53";
    assert_eq!(a.sha256.as_ref().unwrap().value, digest);
    assert_eq!(a.ctx.as_ref().unwrap().value, 2048);
    assert_eq!((a.standby, a.hang.as_millis()), (true, 700));
    assert_eq!((a.slots, a.threads, a.prefill_chunk, a.gpu_layers), (3, Some(5), Some(32), 1));
    assert_eq!((a.cache_type, a.flash_attention), (Some(CacheType::Q8_0), Some(FlashAttention::On)));
    assert_eq!((a.prefix_cache_mib, a.max_draft), (64, 8));
    assert_eq!((a.weights, a.use_tuned), (Weights::Fast, UseTuned::Off));
    assert_eq!(a.max_tokens, Some(256));
    assert_eq!((a.deadline, a.queue_max), (Duration::from_secs(60), 11));
    assert_eq!(a.chat_template.as_ref().unwrap().value, Path::new("/etc/dragon/t/chat.jinja"));
    assert_eq!(a.sampling, SamplingDefaults { temperature: 1.0, top_p: 0.5, top_k: 0, min_p: 0.25 });
    assert_eq!(a.guard, GuardMode::Alarm);
}

#[test]
fn flags_win_over_the_server_section_and_a_models_own_value_over_both() {
    let text = r#"
[server]
listen = "127.0.0.1:1000"
deadline_ms = 2000
queue_max = 7

[[model]]
id = "inherits"
path = "/models/a.gguf"

[[model]]
id = "own"
path = "b.gguf"
deadline_ms = 60000
queue_max = 3
"#;
    let deadlines =
        |plan: &Plan| plan.models.iter().map(|model| model.deadline.as_millis()).collect::<Vec<_>>();
    let queues = |plan: &Plan| plan.models.iter().map(|model| model.queue_max).collect::<Vec<_>>();

    let from_file = plan_of(text);
    assert_eq!(deadlines(&from_file), [2000, 60000]);
    assert_eq!(queues(&from_file), [7, 3]);

    let flags = Flags {
        listen: Some("127.0.0.1:0".to_owned()),
        deadline_ms: Some("5000".to_owned()),
        ..Flags::default()
    };
    let (with_flags, problems) = plan(text, &flags);
    assert_eq!(problems, Vec::<String>::new());
    assert_eq!(deadlines(&with_flags), [5000, 60000]);
    assert_eq!(with_flags.listen.value.to_string(), "127.0.0.1:0");
}

#[test]
fn models_from_flags_replace_those_of_the_file_and_start_from_the_current_directory() {
    let text = "[server]\nqueue_max = 7\n[[model]]\nid = \"a\"\npath = \"a.gguf\"\nslots = 1\n";
    let flags = Flags { models: vec!["b=x/b.gguf".to_owned(), "c=/c=d.gguf".to_owned()], ..Flags::default() };
    let (plan, problems) = plan(text, &flags);
    assert_eq!(problems, Vec::<String>::new());
    let models: Vec<_> =
        plan.models.iter().map(|model| (model.id.as_str(), model.path.value.as_path())).collect();
    assert_eq!(models, [("b", Path::new("x/b.gguf")), ("c", Path::new("/c=d.gguf"))]);
    assert_eq!(plan.models[0].queue_max, 7, "the rest of the file still holds");
    assert_eq!(Some(plan.models[0].slots), model::SLOTS.default);
}
