//! What a reload applies of a configuration that was read again, and what needs a restart.

use bankchannel_foundation::{
    Result,
    model::{Boundary, Object, Representation, Value, Writer, read_boundary},
};
use zeroize::Zeroizing;

use super::{ConfigurationForm, settings::below};
use crate::log::LogSettings;

/// What a reload has done. It names settings by their places, never their values.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ReloadReport {
    /// What has changed and counts from now on: settings, and files whose content is another one.
    pub applied: Vec<String>,
    /// What has changed and counts after a restart.
    pub needs_restart: Vec<String>,
    /// How the server logs from now on.
    pub log: LogSettings,
}

impl ReloadReport {
    /// Notes whether the listener for monitoring has another certificate, also by the same settings.
    pub fn certificate_of_operator(&mut self, is_other: bool) {
        let place = "operator_tls_cert";
        if is_other && !self.applied.iter().any(|known| known == place) {
            self.applied.push(place.to_owned());
        }
    }

    /// Logs it, in one line.
    pub fn log(&self) {
        let listed = |places: &[String]| (!places.is_empty()).then(|| places.join(", "));
        let (applied, needs_restart) = (listed(&self.applied), listed(&self.needs_restart));
        if needs_restart.is_some() {
            tracing::warn!(target: "bankchannel::life", applied, needs_restart, "reloaded, and some of it needs a restart");
        } else if applied.is_some() {
            tracing::info!(target: "bankchannel::life", applied, "reloaded");
        } else {
            tracing::info!(target: "bankchannel::life", "reloaded: nothing has changed");
        }
    }
}

impl ConfigurationForm {
    /// Whether a reload applies the setting at this place.
    #[must_use]
    pub fn reloads(&self, place: &str) -> bool {
        // The innermost that names it.
        let named =
            |known: &str| place.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        let innermost =
            self.reloadable.iter().filter(|known| named(known.trim_start_matches('!'))).max_by_key(|known| known.len());
        innermost.is_some_and(|known| !known.starts_with('!'))
    }

    /// The configuration after a reload: of what has changed between `running` and `read`, what a reload applies. `held` names
    /// settings that it cannot apply this time.
    ///
    /// # Errors
    /// `input.*` if the two do not fit together.
    pub fn reloaded<T: Boundary>(&self, running: T, read: T, held: &[&str]) -> Result<(T, ReloadReport)> {
        let written = |values: T| Zeroizing::new(values.write(&mut Writer::new(Representation::Boundary)));
        let (running, read) = (written(running), written(read));
        let mut report = ReloadReport::default();
        let merged = Zeroizing::new(self.merged(&running, &read, "", held, &mut report));
        let values = read_boundary(merged.borrowed())?;
        Ok((values, report))
    }

    fn merged(
        &self,
        running: &Value<'_>,
        read: &Value<'_>,
        place: &str,
        held: &[&str],
        report: &mut ReloadReport,
    ) -> Value<'static> {
        if let (Value::Object(before), Value::Object(after)) = (running, read) {
            let mut all = Object::new();
            let added = after.iter().map(|(name, _)| name).filter(|name| before.get(name).is_none());
            for name in before.iter().map(|(name, _)| name).chain(added) {
                let of = |object: &'_ Object<'_>| {
                    object.get(name).map_or(Value::Null, |value| value.borrowed().into_owned())
                };
                let (before, after) = (Zeroizing::new(of(before)), Zeroizing::new(of(after)));
                all.insert(name.to_owned(), self.merged(&before, &after, &below(place, name), held, report));
            }
            return Value::Object(all);
        }
        if running == read {
            return running.borrowed().into_owned();
        }
        if self.reloads(place) && !held.contains(&place) {
            report.applied.push(place.to_owned());
            read.borrowed().into_owned()
        } else {
            report.needs_restart.push(place.to_owned());
            running.borrowed().into_owned()
        }
    }
}
