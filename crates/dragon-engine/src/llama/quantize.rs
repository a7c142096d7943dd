//! llama.cpp's quantiser: the same weights in another number format.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use llama_cpp_sys_2 as sys;

use super::{Backend, log};

/// Number formats of weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WeightFormat {
    Q8_0,
    Q4_0,
    Q4_1,
    F16,
    Bf16,
}

/// Writes the model of `from` in another format to `to`. Formats with blocks are converted through 32-bit floats, so
/// that finer ones lose nothing.
///
/// # Errors
/// What llama.cpp logged, if anything.
pub(crate) fn quantize(
    from: &Path,
    to: &Path,
    format: WeightFormat,
    n_threads: u32,
) -> Result<(), Option<String>> {
    let _backend = Backend::init();
    let path = |path: &Path| {
        CString::new(path.as_os_str().as_bytes()).map_err(|_| Some("a path holds a NUL byte".to_owned()))
    };
    let (from, to) = (path(from)?, path(to)?);
    log::take_last_error();
    // SAFETY: both paths are NUL-terminated and outlive the call; the parameters are llama.cpp's defaults, whose
    // pointers are null, with plain values changed.
    let code = unsafe {
        let mut params = sys::llama_model_quantize_default_params();
        params.ftype = format.ftype();
        params.nthread = i32::try_from(n_threads).unwrap_or(0);
        params.allow_requantize = true;
        sys::llama_model_quantize(from.as_ptr(), to.as_ptr(), &raw const params)
    };
    if code == 0 { Ok(()) } else { Err(log::take_last_error()) }
}

// === impl WeightFormat ===

impl WeightFormat {
    /// As written on command lines.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "q8_0" => Some(Self::Q8_0),
            "q4_0" => Some(Self::Q4_0),
            "q4_1" => Some(Self::Q4_1),
            "f16" => Some(Self::F16),
            "bf16" => Some(Self::Bf16),
            _ => None,
        }
    }

    fn ftype(self) -> sys::llama_ftype {
        match self {
            Self::Q8_0 => sys::LLAMA_FTYPE_MOSTLY_Q8_0,
            Self::Q4_0 => sys::LLAMA_FTYPE_MOSTLY_Q4_0,
            Self::Q4_1 => sys::LLAMA_FTYPE_MOSTLY_Q4_1,
            Self::F16 => sys::LLAMA_FTYPE_MOSTLY_F16,
            Self::Bf16 => sys::LLAMA_FTYPE_MOSTLY_BF16,
        }
    }
}
