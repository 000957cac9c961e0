/*
 * Prints what the windows of a desktop of Wine say, a line for each that can be seen:
 *
 *   says.exe DESKTOP
 *
 * Windows in Wine's desktop are not those of X, so xdotool does not see what stands in them.
 */
#include <windows.h>
#include <stdio.h>

static void say(HWND window)
{
    WCHAR text[4096];
    char utf8[3 * 4096 + 1];
    DWORD_PTR length = 0;
    if (!IsWindowVisible(window)) return;
    if (!SendMessageTimeoutW(window, WM_GETTEXT, 4096, (LPARAM)text, SMTO_ABORTIFHUNG, 1000, &length) || !length) return;
    for (DWORD_PTR i = 0; i < length; i++)
        if (text[i] == '\r' || text[i] == '\n') text[i] = ' ';
    int n = WideCharToMultiByte(CP_UTF8, 0, text, length, utf8, sizeof utf8 - 1, NULL, NULL);
    utf8[n] = 0;
    puts(utf8);
}

static BOOL CALLBACK child(HWND window, LPARAM unused)
{
    (void)unused;
    say(window);
    return TRUE;
}

static BOOL CALLBACK top(HWND window, LPARAM unused)
{
    (void)unused;
    say(window);
    EnumChildWindows(window, child, 0);
    return TRUE;
}

int main(int n, char **word)
{
    HDESK desktop = n == 2 ? OpenDesktopA(word[1], 0, FALSE, DESKTOP_READOBJECTS | DESKTOP_ENUMERATE) : NULL;
    if (!desktop || !SetThreadDesktop(desktop)) {
        fprintf(stderr, "no desktop: error %lu\n", GetLastError());
        return 1;
    }
    EnumDesktopWindows(desktop, top, 0);
    return 0;
}
