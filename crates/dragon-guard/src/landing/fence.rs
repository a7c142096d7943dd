//! Fences of code in Markdown: whether the text is between two of them.

/// Marks in a row that make a fence.
const MIN_MARKS: usize = 3;

/// What encloses a block of code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fence {
    /// A backtick or a tilde.
    pub mark: char,
    /// How many of them, at least three.
    pub n_marks: usize,
}

/// Follows a text character by character.
///
/// More generous than CommonMark in one point: any indentation is accepted, since models indent the fences of list
/// items as they like.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct FenceTracker {
    open: Option<Fence>,
    line: Line,
}

/// What the line that is being written may become.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Line {
    /// Only white space so far.
    #[default]
    Blank,
    /// Marks of one kind and nothing else.
    Marks(Fence),
    /// Enough marks, then white space: closes a fence, or opens one.
    MarksAndSpace(Fence),
    /// Enough marks, then a word, as the name of a language: opens a fence.
    Named(Fence),
    /// Ordinary text.
    Text,
}

// === impl FenceTracker ===

impl FenceTracker {
    /// The fence that the end of the text is in. A line that is not over counts as what it is so far.
    pub(crate) fn open(&self) -> Option<Fence> {
        match (self.open, self.line.opener(), self.line.closer()) {
            (None, opener, _) => opener,
            (Some(open), _, Some(closer)) if open.is_closed_by(closer) => None,
            (Some(open), _, _) => Some(open),
        }
    }

    /// Whether the line that is being written is, or may become, a fence.
    pub(super) fn is_in_marks(&self) -> bool {
        !matches!(self.line, Line::Blank | Line::Text)
    }

    pub(crate) fn push(&mut self, c: char) {
        if c == '\n' {
            *self = Self { open: self.open(), line: Line::Blank };
        } else {
            self.line = self.line.with(c);
        }
    }
}

// === impl Line ===

impl Line {
    fn with(self, c: char) -> Self {
        match self {
            Self::Blank if c.is_whitespace() => Self::Blank,
            Self::Blank if c == '`' || c == '~' => Self::Marks(Fence { mark: c, n_marks: 1 }),
            Self::Marks(marks) if c == marks.mark => {
                Self::Marks(Fence { n_marks: marks.n_marks.saturating_add(1), ..marks })
            }
            Self::Marks(marks) if marks.n_marks >= MIN_MARKS && c.is_whitespace() => {
                Self::MarksAndSpace(marks)
            }
            Self::MarksAndSpace(marks) if c.is_whitespace() => Self::MarksAndSpace(marks),
            // A backtick in the name makes it code within a line.
            Self::Marks(marks) | Self::MarksAndSpace(marks) | Self::Named(marks)
                if marks.n_marks >= MIN_MARKS && !(marks.mark == '`' && c == '`') =>
            {
                Self::Named(marks)
            }
            _ => Self::Text,
        }
    }

    fn opener(self) -> Option<Fence> {
        match self {
            Self::Marks(marks) | Self::MarksAndSpace(marks) | Self::Named(marks) => {
                Some(marks).filter(|marks| marks.n_marks >= MIN_MARKS)
            }
            Self::Blank | Self::Text => None,
        }
    }

    fn closer(self) -> Option<Fence> {
        if let Self::Named(_) = self { None } else { self.opener() }
    }
}

// === impl Fence ===

impl Fence {
    fn is_closed_by(self, closer: Self) -> bool {
        closer.mark == self.mark && closer.n_marks >= self.n_marks
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn open(text: &str) -> Option<(char, usize)> {
        let mut tracker = FenceTracker::default();
        text.chars().for_each(|c| tracker.push(c));
        tracker.open().map(|fence| (fence.mark, fence.n_marks))
    }

    #[test]
    fn a_fence_opens_and_closes() {
        assert_eq!(open("text\n```"), Some(('`', 3)));
        assert_eq!(open("```python\nprint(1)\n"), Some(('`', 3)));
        assert_eq!(open("```python\nprint(1)\n```"), None);
        assert_eq!(open("```\na\n```\nb\n```"), Some(('`', 3)));
        assert_eq!(open("1. item\n    ```sh\n    ls\n"), Some(('`', 3)));
        assert_eq!(open("~~~~\na\n~~~"), Some(('~', 4)));
        assert_eq!(open("~~~~\na\n~~~~~  "), None);
    }

    #[test]
    fn what_only_looks_like_a_fence_is_none() {
        assert_eq!(open("``"), None);
        assert_eq!(open("use ``` for code"), None);
        assert_eq!(open("```inline``` code\n"), None);
        assert_eq!(open("````\n```\nstill inside"), Some(('`', 4)));
        assert_eq!(open("```\n~~~\nstill inside"), Some(('`', 3)));
        assert_eq!(open("```\n```js\nno closer has a name"), Some(('`', 3)));
    }

    proptest! {
        #[test]
        fn writing_the_fence_on_a_line_of_its_own_closes_it(text in "(```|~~~|````|[a \n`]){0,20}") {
            if let Some((mark, n_marks)) = open(&text) {
                let closing = mark.to_string().repeat(n_marks);
                prop_assert_eq!(open(&format!("{text}\n{closing}\n")), None);
            } else {
                prop_assert_eq!(open(&format!("{text}\nwords")), None);
            }
        }
    }
}
