//! PHP: the classes of a client: the one that programs create, its interface, its methods.

use bankchannel::model::StructShape;

use crate::{Generated, descriptors, model::ProtocolModel, text::sentence};

use super::{
    methods::{iterator, method, method_name, response_type, signature},
    settings,
    source::{class, namespace},
};

/// The class that programs instantiate: its base class has the methods, and its own base classes are internal.
pub(super) fn client(protocol: &ProtocolModel) -> Generated {
    class(protocol.class, "Bankchannel", |out| {
        let doc = format!(
            "{}, a method per operation, with named arguments. `Bankchannel\\{}\\Client` is its interface.",
            sentence(protocol.what),
            protocol.class
        );
        out.jsdoc("", &doc);
        out.line(format!("final class {0} extends {0}\\Operations", protocol.class));
        out.line("{");
        out.line("}");
    })
}

/// The interface that a program depends on, so that its tests can replace the client.
pub(super) fn interface(protocol: &ProtocolModel) -> Generated {
    class(&format!("{}/Client", protocol.class), &namespace(protocol), |out| {
        for used in [
            "Content",
            "Exception\\BankchannelException",
            "HttpExchange",
            "Progress",
            "Question",
            "Secret",
            "SignatureRequest",
        ] {
            out.line(format!("use Bankchannel\\{used};"));
        }
        out.blank();
        out.jsdoc(
            "",
            &format!(
                "The operations of {}. `Bankchannel\\{}` carries them out; tests give a double of their own.\n\n\
                 A later version may have further operations: mock it, or extend `{}`'s double, rather than write all methods.",
                protocol.name, protocol.class, protocol.class
            ),
        );
        out.line("interface Client");
        out.line("{");
        for (at, operation) in protocol.operations.iter().enumerate() {
            if at > 0 {
                out.blank();
            }
            let listed = descriptors::described_structs(protocol, operation);
            signature(out, operation, &format!("function {}", method_name(protocol, operation)), &listed);
            out.line(format!("    ): {};", response_type(operation)));
        }
        if protocol.iterates_new_files() {
            out.blank();
            out.jsdoc("    ", "Download all new files into a folder, and get each as soon as it is there; the next one is downloaded when it is asked for.\n\n@param string|\\SplFileInfo $directory\n@param string|\\SplFileInfo|null $ledger\n@param (callable(Question): string)|null $onCode\n@param (callable(Progress): mixed)|null $onProgress\n@param list<HttpExchange>|null $withResponse\n\n@return \\Generator<int, DownloadedFile>\n\n@throws BankchannelException");
            out.line(
                "    public function iterNewFiles(string|\\SplFileInfo $directory, ?Bank $bank = null, ?string $fileType = null, \
                 ?StatusFilter $status = null, string|\\SplFileInfo|null $ledger = null, ?bool $parse = null, ?float $timeout = null, \
                 ?callable $onCode = null, ?callable $onProgress = null, ?string $requestId = null, ?int $retries = null, \
                 ?array &$withResponse = null): \\Generator;",
            );
        }
        out.blank();
        out.jsdoc("    ", &format!("{CALL_DOC}\n\n@throws BankchannelException"));
        out.line(
            "    public function call(string $name, array $request = [], mixed $content = null, mixed $destination = null, \
             ?float $timeout = null, ?callable $onCode = null, ?callable $signer = null, ?callable $onProgress = null, \
             ?string $requestId = null, ?int $retries = null, ?array &$withResponse = null): array;",
        );
        out.blank();
        out.jsdoc("    ", "Frees the client's connections. Calling anything afterwards is refused.");
        out.line("    public function close(): void;");
        out.line("}");
    })
}

/// The documentation of `call`, in the interface.
const CALL_DOC: &str =
    "Carries out any operation by its name (`ws_channel.list_files`), with the fields of the catalogue.

@param array<string, mixed> $request
@param Content|string|\\SplFileInfo|resource|null $content to go with the request; a string is a path
@param string|\\SplFileInfo|resource|null $destination where the response's content goes; left out, into memory
@param (callable(Question): string)|null $onCode
@param (callable(SignatureRequest): string)|null $signer
@param (callable(Progress): mixed)|null $onProgress is told how far the call is
@param string|null $requestId sent as `X-Request-ID`

@return array{array<string, mixed>, Content|null} the response, and its content where it has one";

pub(super) fn operations(protocol: &ProtocolModel, settings: &'static StructShape) -> Generated {
    class(&format!("{}/Operations", protocol.class), &namespace(protocol), |out| {
        for used in [
            "AbstractClient",
            "Bridge\\Bridge",
            "Content",
            "Encode",
            "Exception\\BankchannelException",
            "HttpExchange",
            "HttpRequest",
            "Progress",
            "Question",
            "Secret",
            "SignatureRequest",
        ] {
            out.line(format!("use Bankchannel\\{used};"));
        }
        if protocol.iterates_new_files() {
            out.line("use Bankchannel\\NewFiles;");
        }
        out.line("use Psr\\Log\\LoggerInterface;");
        out.blank();
        out.jsdoc(
            "",
            &format!("The operations of {} as typed methods. Use `Bankchannel\\{}`.", protocol.name, protocol.class),
        );
        out.line("abstract class Operations extends AbstractClient implements Client");
        out.line("{");
        if protocol.iterates_new_files() {
            out.line("    use NewFiles;");
            out.blank();
        }
        settings::constructors(out, protocol, settings);
        for operation in &protocol.operations {
            out.blank();
            method(
                out,
                operation,
                &method_name(protocol, operation),
                &descriptors::described_structs(protocol, operation),
            );
            iterator(out, protocol, operation);
        }
        out.line("}");
    })
}
