//! The second and the third list: what has no effect, and what is refused by name.

use super::field::Fields;
use crate::error::ApiError;
use crate::fields::{REFUSED, WITHOUT_EFFECT};

/// Refuses the first field that asks for what this server cannot do.
pub(super) fn refuse(fields: &Fields<'_>) -> Result<(), ApiError> {
    for refused in REFUSED {
        if let Some(field) = fields.get(refused.name)
            && !(refused.is_neutral)(field.value())
        {
            return Err(field.unsupported(refused.remedy));
        }
    }
    Ok(())
}

/// Checks the kinds of the fields that have no effect: a wrong kind is a mistake that its author wants to see.
pub(super) fn check_without_effect(fields: &Fields<'_>) -> Result<(), ApiError> {
    for known in WITHOUT_EFFECT {
        if let Some(field) = fields.get(known.name)
            && !known.kind.fits(field.value())
        {
            return Err(field.wrong_type(known.kind.as_str()));
        }
    }
    Ok(())
}
