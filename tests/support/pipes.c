/*
 * Runs a program of Windows with pipes of Windows as its three standard streams, and passes on what goes through them:
 * Wine hands a pipe of this system over in a form that Node does not take. For tests/platforms.
 *
 *     pipes.exe PROGRAM ARGUMENT…
 */
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>
#include <windows.h>

struct copy {
    HANDLE from, to;
};

static void fail(const char *what) {
    fprintf(stderr, "pipes: %s: error %lu\n", what, GetLastError());
    exit(2);
}

static DWORD WINAPI pass_on(LPVOID given) {
    struct copy *copy = given;
    char bytes[65536];
    DWORD count, written, done;
    while (ReadFile(copy->from, bytes, sizeof bytes, &count, NULL) && count > 0)
        for (done = 0; done < count; done += written)
            if (!WriteFile(copy->to, bytes + done, count - done, &written, NULL)) return 1;
    CloseHandle(copy->to);
    return 0;
}

int main(void) {
    SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
    STARTUPINFOW start = {0};
    PROCESS_INFORMATION child;
    struct copy in, out, error;
    DWORD code;
    HANDLE readers[2];
    /* The command line after this program's own name, which has no quote in it. */
    wchar_t *command = GetCommandLineW();
    command += *command == L'"' ? wcscspn(command + 1, L"\"") + 2 : wcscspn(command, L" ");
    command += wcsspn(command, L" ");

    if (!CreatePipe(&start.hStdInput, &in.to, &inherited, 0) || !CreatePipe(&out.from, &start.hStdOutput, &inherited, 0) ||
        !CreatePipe(&error.from, &start.hStdError, &inherited, 0))
        fail("pipes");
    SetHandleInformation(in.to, HANDLE_FLAG_INHERIT, 0);
    SetHandleInformation(out.from, HANDLE_FLAG_INHERIT, 0);
    SetHandleInformation(error.from, HANDLE_FLAG_INHERIT, 0);
    in.from = GetStdHandle(STD_INPUT_HANDLE);
    out.to = GetStdHandle(STD_OUTPUT_HANDLE);
    error.to = GetStdHandle(STD_ERROR_HANDLE);
    start.cb = sizeof start;
    start.dwFlags = STARTF_USESTDHANDLES;
    if (!CreateProcessW(NULL, command, NULL, NULL, TRUE, 0, NULL, NULL, &start, &child)) fail("the program");
    CloseHandle(start.hStdInput);
    CloseHandle(start.hStdOutput);
    CloseHandle(start.hStdError);
    CreateThread(NULL, 0, pass_on, &in, 0, NULL);
    readers[0] = CreateThread(NULL, 0, pass_on, &out, 0, NULL);
    readers[1] = CreateThread(NULL, 0, pass_on, &error, 0, NULL);
    WaitForSingleObject(child.hProcess, INFINITE);
    WaitForMultipleObjects(2, readers, TRUE, INFINITE);
    GetExitCodeProcess(child.hProcess, &code);
    return (int)code;
}
