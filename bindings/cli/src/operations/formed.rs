//! Commands whose operation declares what they take and print.

use std::sync::Arc;

use bankchannel::call_local;
use bankchannel_foundation::operation::{CommandForm, CommandOutput, OperationKind, WatchedList};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use clap::{ArgMatches, Command};
use serde_json::{Map, Value};

use super::{
    call::carry_out_judged,
    client,
    command_code::CommandWork,
    result,
    spec::{Spec, force_argument, output_argument},
};
use crate::{
    exit::{CommandFailure, CommandOutcome},
    options::{Common, add_common, fields::FieldOptions, flag, format},
    output::{self, Format, progress::ProgressLine},
};

impl Spec {
    /// The command with the arguments of its form.
    pub(super) fn formed(&self, form: &CommandForm) -> Command {
        let about = if form.about.is_empty() { self.main.declaration.summary } else { form.about };
        let command = Command::new(self.last_name()).about(about);
        let command = match self.computes() {
            true => add_common(command),
            false => client::arguments(command, self.client),
        };
        let command = command.args(FieldOptions::new(self.main.request, form.fields).arguments());
        let command = match form.output {
            CommandOutput::Watched(list) => command.arg(flag(list.option, list.help)),
            _ => command,
        };
        match self.code.map(|code| code.work) {
            Some(CommandWork::Whole(_)) => command,
            _ if self.computes() => command,
            _ => command.arg(output_argument()).arg(force_argument()),
        }
    }

    /// The fields that were given to its form, without content.
    pub(crate) fn given(&self, matches: &ArgMatches) -> CommandOutcome<Map<String, Value>> {
        self.form.map_or_else(|| Ok(Map::new()), |form| FieldOptions::new(self.main.request, form.fields).read(matches))
    }

    fn computes(&self) -> bool {
        self.main.declaration.kind == OperationKind::Local
    }
}

pub(super) fn run(spec: &Spec, form: &CommandForm, matches: &ArgMatches) -> CommandOutcome {
    let request = Value::Object(spec.given(matches)?);
    let begin = || Arc::new(ProgressLine::begin(form.meanwhile));
    let progress = (!form.meanwhile.is_empty()).then(begin);
    let options = FieldOptions::new(spec.main.request, form.fields);
    let content = options.content(matches, form.meanwhile, progress.as_ref())?;
    if !spec.computes() {
        let client = client::of_options(spec.client, spec.main, matches)?;
        let common = Common::without_settings(matches);
        let judge = |response: &Value| match form.output {
            CommandOutput::Watched(list) if matches.get_flag(list.option) => watched(list, response),
            _ => Ok(()),
        };
        return carry_out_judged(&client, spec.main, request, content, (matches, &common), judge);
    }
    let answered = call_local(spec.main.declaration.name, request, content);
    drop(progress);
    let response = answered?;
    match spec.code.map(|code| code.work) {
        Some(CommandWork::Output(show)) => show(matches, response),
        _ => shown(spec, form, response, format(matches)),
    }
}

fn shown(spec: &Spec, form: &CommandForm, response: Value, format: Format) -> CommandOutcome {
    let text = |member: &str| response.get(member).and_then(Value::as_str).unwrap_or_default();
    match (form.output, format) {
        (CommandOutput::Response | CommandOutput::Watched(_), _) => {
            format.show(&response);
            return result::verdict(spec.main, &response);
        }
        (_, Format::Json) => output::json(&response),
        (CommandOutput::Text(member), Format::Table) => {
            let warnings = response.get("warnings").and_then(Value::as_array).into_iter().flatten();
            warnings.filter_map(Value::as_str).for_each(|one| output::print_note(&format!("warning: {one}")));
            output::line(text(member).trim_end_matches('\n'));
        }
        (CommandOutput::Bytes(member), Format::Table) => {
            let bytes = STANDARD.decode(text(member));
            let bytes = bytes.map_err(|_| CommandFailure::usage("the result cannot be shown; try --json"))?;
            // On a terminal the exact bytes do not matter, and control characters of others must not reach it.
            match output::is_terminal() {
                true => output::line(&String::from_utf8_lossy(&bytes)),
                false => output::bytes(&bytes),
            }
        }
    }
    Ok(())
}

/// The exit code of the first item of a list.
fn watched(list: &WatchedList, response: &Value) -> CommandOutcome {
    let first = response[list.list].as_array().and_then(|all| all.first()).and_then(Value::as_str);
    let code = |item: &str| list.codes.iter().find(|(known, _)| *known == item).map_or(list.other, |(_, code)| *code);
    first.map_or(Ok(()), |item| Err(CommandFailure::Verdict(code(item))))
}

#[cfg(test)]
mod tests {
    use bankchannel_foundation::model::Shape;
    use serde_json::json;

    use super::*;
    use crate::operations::specs;

    #[test]
    fn every_item_of_a_watched_list_has_an_exit_code_of_its_own() {
        let mut watching = 0;
        for spec in specs(&[], &[]) {
            let Some(CommandOutput::Watched(list)) = spec.form.map(|form| form.output) else { continue };
            watching += 1;
            let field = spec.main.response.fields().iter().find(|field| field.name == list.list).expect("a member");
            let Shape::List(Shape::Enum(shape)) = field.shape else { panic!("a list of an enumeration") };
            let named: Vec<&str> = list.codes.iter().map(|(name, _)| *name).collect();
            assert_eq!(shape.values.iter().map(|one| one.value).collect::<Vec<_>>(), named);
            for (item, code) in list.codes {
                let found = watched(list, &json!({ list.list: [item] })).expect_err("it is not well");
                assert_eq!(found.code(), *code);
                assert!(spec.examples.contains(&format!("  {code}  ")), "{code}");
            }
            assert!(watched(list, &json!({ list.list: [] })).is_ok());
            let unknown = watched(list, &json!({ list.list: ["new"] })).expect_err("somebody has to look");
            assert_eq!(unknown.code(), list.other);
        }
        assert_eq!(watching, 1);
    }
}
