//! What happens when the system gives no memory: the process ends with a code that says so.
//!
//! Rust would abort, which looks like a bug in llama.cpp. llama.cpp asks the C++ library, whose failures it reports
//! (see [`crate::load`]) or aborts at. Most systems promise more memory than they have, and then kill instead.

use std::alloc::{GlobalAlloc, Layout, System};

use dragon_ipc::EngineExit;

use crate::exit::end_process_saying;

#[global_allocator]
static ALLOCATOR: EndWithoutMemory = EndWithoutMemory;

/// The system's allocator.
struct EndWithoutMemory;

// SAFETY: hands every call on to the system's allocator, which keeps the contract, and returns what that returns.
unsafe impl GlobalAlloc for EndWithoutMemory {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are those that are asked for here.
        checked(unsafe { System.alloc(layout) }, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        checked(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, n_bytes: usize) -> *mut u8 {
        // SAFETY: as above.
        checked(unsafe { System.realloc(pointer, layout, n_bytes) }, n_bytes)
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) };
    }
}

fn checked(pointer: *mut u8, n_bytes: usize) -> *mut u8 {
    if pointer.is_null() {
        without_memory(n_bytes);
    }
    pointer
}

#[cold]
fn without_memory(n_bytes: usize) -> ! {
    // A few dozen bytes for the sentence itself can still be had where a large piece could not; where even they
    // cannot, this comes here again and would go on for ever.
    const SENTENCE_BYTES: usize = 4096;
    if n_bytes < SENTENCE_BYTES {
        end_process_saying(EngineExit::OutOfMemory, "the system gives no more memory");
    }
    end_process_saying(
        EngineExit::OutOfMemory,
        &format!("the system does not give {n_bytes} bytes of memory"),
    );
}
