/*
 * Runs a program of Windows and ends with its exit code, as Windows knows it: what Wine tells this system of a program that has
 * several threads is at times 0. For tests/platforms.
 *
 *     exit_code.exe PROGRAM ARGUMENT…
 */
#include <stdio.h>
#include <wchar.h>
#include <windows.h>

static PROCESS_INFORMATION child;

/* Ctrl-C comes to this program alone, and without a console there is no group to send it to: the other one is made to handle it. */
static BOOL WINAPI pass_on(DWORD event) {
    FARPROC routine = GetProcAddress(GetModuleHandleW(L"kernelbase.dll"), "CtrlRoutine");
    HANDLE thread;
    if (event != CTRL_C_EVENT || routine == NULL) return FALSE;
    thread = CreateRemoteThread(child.hProcess, NULL, 0, (LPTHREAD_START_ROUTINE)(void *)routine, (void *)(UINT_PTR)event, 0, NULL);
    if (thread != NULL) CloseHandle(thread);
    return thread != NULL;
}

int main(void) {
    STARTUPINFOW start = {0};
    DWORD code;
    /* The command line after this program's own name, which has no quote in it. */
    wchar_t *command = GetCommandLineW();
    command += *command == L'"' ? wcscspn(command + 1, L"\"") + 2 : wcscspn(command, L" ");
    command += wcsspn(command, L" ");

    start.cb = sizeof start;
    SetConsoleCtrlHandler(pass_on, TRUE);
    if (!CreateProcessW(NULL, command, NULL, NULL, TRUE, 0, NULL, NULL, &start, &child)) {
        fprintf(stderr, "exit_code: the program: error %lu\n", GetLastError());
        return 2;
    }
    WaitForSingleObject(child.hProcess, INFINITE);
    GetExitCodeProcess(child.hProcess, &code);
    return (int)code;
}
