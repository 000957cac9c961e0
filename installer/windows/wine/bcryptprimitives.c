/* A DLL for tests under Wine only. It goes into the system32 of a Wine prefix; the program that
 * is tested stays as it is shipped.
 *
 * 1. Wine 8 has no bcryptprimitives.dll, which Go's runtime needs (ProcessPrng).
 * 2. Wine answers WSAEOPNOTSUPP to SIO_UDP_NETRESET, on which Go's package net (fd_windows.go)
 *    gives up every UDP socket. As Go's runtime loads this DLL first, it redirects ws2_32's
 *    exported WSAIoctl to a function that answers OK for that one code. */
#include <winsock2.h>
#include <windows.h>
#include <string.h>
BOOLEAN NTAPI SystemFunction036(PVOID, ULONG); /* RtlGenRandom, advapi32 */
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE p, SIZE_T n) { return SystemFunction036(p, (ULONG)n); }

typedef int (WSAAPI *ioctl_t)(SOCKET, DWORD, LPVOID, DWORD, LPVOID, DWORD, LPDWORD, LPWSAOVERLAPPED, LPWSAOVERLAPPED_COMPLETION_ROUTINE);
static ioctl_t real_ioctl;
static int WSAAPI my_ioctl(SOCKET s, DWORD code, LPVOID in, DWORD inl, LPVOID out, DWORD outl, LPDWORD ret, LPWSAOVERLAPPED ov, LPWSAOVERLAPPED_COMPLETION_ROUTINE cr)
{
    if (code == 0x9800000f /* SIO_UDP_NETRESET */) { if (ret) *ret = 0; WSASetLastError(0); return 0; }
    return real_ioctl(s, code, in, inl, out, outl, ret, ov, cr);
}
static void hook(void)
{
    BYTE *m = (BYTE *)LoadLibraryA("ws2_32.dll"), *stub = NULL;
    if (!m) return;
    IMAGE_NT_HEADERS *nt = (IMAGE_NT_HEADERS *)(m + ((IMAGE_DOS_HEADER *)m)->e_lfanew);
    IMAGE_EXPORT_DIRECTORY *e = (IMAGE_EXPORT_DIRECTORY *)(m + nt->OptionalHeader.DataDirectory[0].VirtualAddress);
    DWORD *names = (DWORD *)(m + e->AddressOfNames), *funcs = (DWORD *)(m + e->AddressOfFunctions), old;
    WORD *ords = (WORD *)(m + e->AddressOfNameOrdinals);
    for (ULONG64 a = ((ULONG64)m + nt->OptionalHeader.SizeOfImage + 0xffff) & ~0xffffULL; !stub && a < (ULONG64)m + 0x70000000; a += 0x10000)
        stub = VirtualAlloc((void *)a, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_EXECUTE_READWRITE);
    if (!stub) return;
    for (DWORD i = 0; i < e->NumberOfNames; i++) {
        if (strcmp((char *)m + names[i], "WSAIoctl")) continue;
        DWORD *f = &funcs[ords[i]];
        real_ioctl = (ioctl_t)(m + *f);
        stub[0] = 0x48; stub[1] = 0xb8; *(ULONG64 *)(stub + 2) = (ULONG64)my_ioctl; stub[10] = 0xff; stub[11] = 0xe0; /* mov rax,imm64; jmp rax */
        VirtualProtect(f, 4, PAGE_READWRITE, &old);
        *f = (DWORD)(stub - m);
        VirtualProtect(f, 4, old, &old);
    }
}
BOOL WINAPI DllMain(HINSTANCE h, DWORD reason, LPVOID r) { if (reason == DLL_PROCESS_ATTACH) hook(); return TRUE; }
