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
/// that finer ones lose nothing. `on_percent` is told how much is done, each percent once; it must not log.
///
/// # Errors
/// What llama.cpp logged, if anything.
pub(crate) fn quantize(
    from: &Path,
    to: &Path,
    format: WeightFormat,
    n_threads: u32,
    mut on_percent: impl FnMut(u32) + Send + 'static,
) -> Result<(), Option<String>> {
    let _backend = Backend::init();
    let path = |path: &Path| {
        CString::new(path.as_os_str().as_bytes()).map_err(|_| Some("a path holds a NUL byte".to_owned()))
    };
    let (from, to) = (path(from)?, path(to)?);
    log::take_last_error();
    let mut percent = None;
    log::watch(Some(Box::new(move |line| {
        let now = percent_done(line);
        if now > percent {
            percent = now;
            now.into_iter().for_each(&mut on_percent);
        }
    })));
    // SAFETY: both paths are NUL-terminated and outlive the call; the parameters are llama.cpp's defaults, whose
    // pointers are null, with plain values changed.
    let code = unsafe {
        let mut params = sys::llama_model_quantize_default_params();
        params.ftype = format.ftype();
        params.nthread = i32::try_from(n_threads).unwrap_or(0);
        params.allow_requantize = true;
        sys::llama_model_quantize(from.as_ptr(), to.as_ptr(), &raw const params)
    };
    log::watch(None);
    if code == 0 { Ok(()) } else { Err(log::take_last_error()) }
}

/// How much is done after a line of the quantiser's log such as `[   3/ 272] blk.0.attn_q.weight - ...`, in percent of
/// the tensors, whatever their sizes. There is no call that tells; `None` for other lines.
fn percent_done(line: &str) -> Option<u32> {
    let (n_done, rest) = line.strip_prefix('[')?.split_once('/')?;
    let (n_all, _) = rest.split_once(']')?;
    let number = |text: &str| text.trim().parse::<u32>().ok().map(u64::from);
    let (n_done, n_all) = (number(n_done)?, number(n_all)?);
    u32::try_from((n_done.min(n_all) * 100).checked_div(n_all)?).ok()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_read_from_lines_about_tensors_alone() {
        assert_eq!(percent_done("[   3/ 272]  blk.0.attn_q.weight - [576, 576], type = q4_1"), Some(1));
        assert_eq!(percent_done("[272/272] output_norm.weight"), Some(100));
        let others =
            ["", "[", "[3/", "[3/272", "[a/b]", "[1/0]", "[-1/2]", "llama_model_loader: loaded [3/4]", "/]["];
        assert_eq!(others.map(percent_done), [None; 9]);
        assert_eq!(percent_done("[4294967295/1]"), Some(100));
    }
}
