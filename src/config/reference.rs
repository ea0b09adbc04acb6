//! Describes settings: each file of this folder lists its own in a constant beside the code that
//! reads them. `docs/settings.md` and the README's table are made of these lists.

/// One setting, as the documentation shows it.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    pub name: &'static str,
    pub default: SettingDefault,
    /// A sentence in Markdown, without its full stop.
    pub purpose: &'static str,
    /// Whether the README shows it as well.
    pub is_essential: bool,
}

/// The value of a setting that is not set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingDefault {
    /// Nothing, or another setting takes its place.
    None,
    /// As if this were set.
    Value(&'static str),
    /// A value that is not fixed, in words.
    Derived(&'static str),
}

/// The settings of one file of `config/`.
#[derive(Debug, Clone, Copy)]
pub struct SettingsGroup {
    pub title: &'static str,
    pub settings: &'static [Setting],
}

impl Setting {
    pub(super) const fn new(name: &'static str, purpose: &'static str) -> Self {
        Self {
            name,
            default: SettingDefault::None,
            purpose,
            is_essential: false,
        }
    }

    pub(super) const fn value(mut self, default: &'static str) -> Self {
        self.default = SettingDefault::Value(default);
        self
    }

    pub(super) const fn derived(mut self, default: &'static str) -> Self {
        self.default = SettingDefault::Derived(default);
        self
    }

    pub(super) const fn essential(mut self) -> Self {
        self.is_essential = true;
        self
    }
}
