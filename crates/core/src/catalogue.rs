//! Stable codes with everything that is said of them: one macro, one page, one command.

/// Makes an enum of stable codes, each with a title and the fields of its entry.
///
/// `Name = "DBHA-Xnn", "title" { field: value, … }`, in the order of the codes. What is written here is the only
/// place: the reference page, `dbha explain` and the documents for machines are made of it.
macro_rules! codes {
    (
        $(#[$about:meta])*
        pub enum $Codes:ident: $Entry:ident {
            $($name:ident = $code:literal, $title:literal { $($field:ident: $value:expr,)+ })+
        }
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[non_exhaustive]
        pub enum $Codes {
            $(#[doc = $title] #[serde(rename = $code)] $name,)+
        }

        impl $Codes {
            /// Every code, in order.
            pub const ALL: &'static [$Codes] = &[$($Codes::$name,)+];

            /// Returns the stable code, such as `DBHA-P01`.
            pub fn as_str(self) -> &'static str {
                match self { $($Codes::$name => $code,)+ }
            }

            /// Says in a few words what it is.
            pub fn title(self) -> &'static str {
                match self { $($Codes::$name => $title,)+ }
            }

            /// Finds a code by its text; letter case and a missing `DBHA-` do not matter.
            pub fn named(text: &str) -> Option<Self> {
                let text = text.trim().to_ascii_uppercase();
                let short = text.strip_prefix("DBHA-").unwrap_or(&text);
                Self::ALL.iter().copied().find(|code| code.as_str().strip_prefix("DBHA-") == Some(short))
            }

            fn entry(self) -> $Entry {
                match self { $($Codes::$name => $Entry { $($field: $value,)+ },)+ }
            }
        }

        impl std::fmt::Display for $Codes {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use codes;
