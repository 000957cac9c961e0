# What Wine does not show of setup.exe: recovery, rights, firewall, event log, account.
#
#   installer\windows\check-setup.ps1 -Setup logboom-0.0.1-setup.exe -Next logboom-0.0.2-setup.exe
#
# Run it as an administrator on a Windows that may be spoilt: Logboom and everything it has stored
# is removed at the end. PowerShell 7.
param(
    [Parameter(Mandatory)][string]$Setup,
    [Parameter(Mandatory)][string]$Next
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$Setup = (Resolve-Path $Setup).Path
$Next = (Resolve-Path $Next).Path
$program = Join-Path $env:ProgramFiles 'Logboom'
$exe = Join-Path $program 'logboom.exe'
$folder = Join-Path $env:ProgramData 'Logboom'
$config = Join-Path $folder 'config.toml'
$clock = [Diagnostics.Stopwatch]::StartNew()

function Ok($text) { '{0,7} ms  ok: {1}' -f $clock.ElapsedMilliseconds, $text }
function Must([bool]$so, $text) { if (-not $so) { Explain; throw "FAILED: $text" } }
function Explain { # what there is to read, before the end
    Get-ChildItem (Join-Path $folder 'logs') -Filter *.log -ErrorAction SilentlyContinue | ForEach-Object { $_.FullName; Get-Content $_.FullName -Tail 30 } | Out-Host
    Get-ChildItem $env:TEMP -Filter logboom-setup.log -ErrorAction SilentlyContinue | Get-Content -Tail 30 | Out-Host
    sc.exe queryex logboom | Out-Host
}
# Until asks again and again whether something is so.
function Until([int]$seconds, $text, [scriptblock]$so) {
    $end = (Get-Date).AddSeconds($seconds)
    while (-not (& $so)) {
        if ((Get-Date) -gt $end) { Must $false $text }
        Start-Sleep -Milliseconds 250
    }
}
# Run starts a program for windows, which PowerShell would not wait for, and returns its exit code.
function Run($file, [string[]]$arguments) {
    $p = Start-Process -FilePath $file -ArgumentList $arguments -PassThru
    $null = $p.Handle # else there is no exit code
    if (-not $p.WaitForExit(180000)) { Must $false "$file has not ended after three minutes" }
    $p.ExitCode
}
function Install($file, [int]$want, [string[]]$more = @()) {
    $code = Run $file (@('/S') + $more)
    Must ($code -eq $want) "$file $more ended with exit code $code, not $want"
}
function Remove([string[]]$more = @()) {
    $null = Run (Join-Path $program 'uninstall.exe') (@('/S') + $more) # goes on in a copy of itself
    Until 60 'the program is not removed' { -not (Test-Path $program) }
}
function Service { Get-CimInstance Win32_Service -Filter "Name='logboom'" }
function Running { $s = Service; $null -ne $s -and $s.State -eq 'Running' }
function Send($word, [int]$count, [int]$port = 514) {
    $udp = [Net.Sockets.UdpClient]::new()
    foreach ($i in 1..$count) {
        $bytes = [Text.Encoding]::ASCII.GetBytes("<134>check $word $i")
        $null = $udp.Send($bytes, $bytes.Length, '127.0.0.1', $port)
    }
    $udp.Dispose()
}
function Stored($word) { @(& $exe export --format json "`"check $word`"" 2>$null | Where-Object { $_ -match "check $word" }).Count }
function Receives($word, [int]$count, [int]$port = 514) {
    Send $word $count $port
    Until 20 "$count messages are not stored: $(Stored $word)" { (Stored $word) -eq $count }
}
function Closed($path, [string]$service) { # nobody but these may do anything here
    $acl = Get-Acl $path
    icacls.exe $path | Out-Host
    $who = @($acl.Access | ForEach-Object { $_.IdentityReference.Value } | Sort-Object -Unique)
    $want = @('BUILTIN\Administrators', 'NT AUTHORITY\SYSTEM', 'NT SERVICE\logboom')
    Must (($who -join ', ') -eq ($want -join ', ')) "$path is open to: $($who -join ', ')"
    $rights = ($acl.Access | Where-Object { $_.IdentityReference.Value -eq 'NT SERVICE\logboom' } | ForEach-Object { $_.FileSystemRights.ToString() }) -join ' '
    Must ($rights -match $service) "the service has these rights to ${path}: $rights"
    Must ($acl.Owner -in 'BUILTIN\Administrators', 'NT SERVICE\logboom') "$path belongs to $($acl.Owner)"
}

# --- somebody else was here first
$stranger = 'logboom-stranger'
net.exe user $stranger "Aa1-$(Get-Random -Maximum 99999999)" /add | Out-Host
function Theirs($path) { # as if the stranger had made it
    icacls.exe $path /grant "${stranger}:(F)" | Out-Host
    icacls.exe $path /setowner $stranger | Out-Host
    Must ($LASTEXITCODE -eq 0) "icacls cannot give $path away"
}
function Refused($what) {
    $log = Join-Path $env:TEMP 'logboom-refused.log'
    Install $Setup 9 @("/LOG=$log")
    Must ((Get-Content $log -Raw) -match 'not safe to use') "setup does not say why: $what"
    Must ($null -eq (Service) -and -not (Test-Path $program)) "installed in spite of $what"
}
$null = New-Item -ItemType Directory $folder
Set-Content $config 'bogus = 5'
Theirs $folder
Refused 'a folder of somebody else'
Must ((Get-Acl $folder).Owner -match $stranger -and @(Get-ChildItem $folder).Count -eq 1) 'what was refused was changed'
icacls.exe $folder /setowner '*S-1-5-32-544' | Out-Host
Theirs $config
Refused 'settings of somebody else'
Remove-Item $folder -Recurse

$elsewhere = Join-Path $env:SystemDrive 'logboom-elsewhere'
$null = New-Item -ItemType Directory $elsewhere
$null = New-Item -ItemType Junction $folder -Target $elsewhere
Refused 'a junction'
Must (@(Get-ChildItem $elsewhere).Count -eq 0) 'files were written through a junction'
[IO.Directory]::Delete($folder) # the junction only
Remove-Item $elsewhere

# A file that the stranger left in a folder of administrators.
$null = New-Item -ItemType Directory $folder
$left = Join-Path $folder 'left.txt'
Set-Content $left 'x'
Theirs $left
Ok 'folder and settings of another user, and a junction: exit code 9, nothing was changed'

# --- installed
$clock.Restart()
Install $Setup 0
Closed $left 'Modify'
Remove-Item $left
net.exe user $stranger /delete | Out-Host
Must (Running) 'setup has ended, and the service does not run'
Must ($clock.ElapsedMilliseconds -lt 60000) 'it took more than a minute'
Receives 'one' 100
Ok 'installed in silence, 100 of 100 messages stored'

$s = Service
Must ($s.StartName -eq 'NT SERVICE\logboom') "the service runs as $($s.StartName)"
Must ($s.StartMode -eq 'Auto') "the service starts: $($s.StartMode)"
$owner = Invoke-CimMethod -InputObject (Get-CimInstance Win32_Process -Filter "ProcessId=$($s.ProcessId)") -MethodName GetOwner
Must ($owner.User -eq 'logboom') "the process is $($owner.Domain)\$($owner.User)'s"
$failure = sc.exe qfailure logboom | Out-String
Must (([regex]::Matches($failure, 'RESTART')).Count -eq 3 -and $failure -match '86400') "recovery: $failure"
Must ((sc.exe qfailureflag logboom | Out-String) -match 'TRUE') 'no recovery after an error'
Must ((sc.exe qpreshutdown logboom | Out-String) -match '20000') 'Windows does not wait for it at shutdown'
Ok 'account, recovery and time at shutdown'

Closed $folder 'Modify'
Closed (Join-Path $folder 'data') 'Modify'
Closed (Join-Path $folder 'logs') 'Modify'
Closed $config '^Read'
Closed (Get-ChildItem (Join-Path $folder 'data\syslog_*.db') | Select-Object -First 1).FullName 'Modify'
Ok 'settings and messages are closed to other users'

foreach ($rule in @(@('Logboom syslog (UDP)', 'UDP', 'Any'), @('Logboom syslog (TCP)', 'TCP', '514 1514 6514'))) {
    $found = @(Get-NetFirewallRule -DisplayName $rule[0])
    Must ($found.Count -eq 1 -and "$($found[0].Enabled)" -eq 'True' -and "$($found[0].Direction)" -eq 'Inbound' -and "$($found[0].Action)" -eq 'Allow') "firewall rule $($rule[0]): $found"
    $port = $found[0] | Get-NetFirewallPortFilter
    Must ($port.Protocol -eq $rule[1] -and "$($port.LocalPort)" -eq $rule[2]) "firewall rule $($rule[0]): $($port.Protocol) $($port.LocalPort)"
    Must (($found[0] | Get-NetFirewallApplicationFilter).Program -eq $exe) "firewall rule $($rule[0]) is for another program"
}
Ok 'firewall rules'

# --- broken
$was = (Service).ProcessId
taskkill.exe /F /PID $was | Out-Host
Until 20 'is not back after taskkill /F' { (Running) -and (Service).ProcessId -ne $was }
Until 20 'rows were lost by taskkill /F' { (Stored 'one') -eq 100 }
Receives 'two' 50
Ok 'back after taskkill /F, all rows kept'

$since = Get-Date
Add-Content $config 'bogus = 5'
Restart-Service logboom -Force -ErrorAction SilentlyContinue
Must (-not (Running)) 'runs with broken settings'
Until 20 'the event log does not say why' {
    @(Get-WinEvent -FilterHashtable @{ LogName = 'Application'; ProviderName = 'logboom'; StartTime = $since } -ErrorAction SilentlyContinue |
        Where-Object { $_.Message -match 'bogus' }).Count -gt 0
}
Install $Next 5
(Get-Content $config | Where-Object { $_ -ne 'bogus = 5' }) | Set-Content $config
Until 120 'is not started again after an error' { Running }
Receives 'three' 20
Ok 'broken settings: told in the event log, setup has exit code 5, started again by Windows when they are good'

# --- upgraded
Add-Content $config '# written by an admin'
$was = (Service).ProcessId
Install $Next 0
Must ((Running) -and (Service).ProcessId -ne $was) 'the new version does not run'
Must ((Get-Content $config) -contains '# written by an admin') 'the upgrade has changed the settings'
Must ((Stored 'one') -eq 100) 'rows changed'
Closed $config '^Read'
Must (@(Get-NetFirewallRule -DisplayName 'Logboom syslog*').Count -eq 2) 'there are other firewall rules than before'
Receives 'four' 20
Ok 'upgraded while it ran, settings and rows kept'

# --- removed
$tray = Start-Process (Join-Path $program 'logboom-tray.exe') -PassThru
Start-Sleep -Seconds 2
Remove
Must ($null -eq (Service)) 'the service is left behind'
Must ($tray.HasExited) 'the icon is left behind'
Must (@(Get-NetFirewallRule -DisplayName 'Logboom syslog*' -ErrorAction SilentlyContinue).Count -eq 0) 'firewall rules are left behind'
Must (-not (Test-Path 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\Logboom')) 'still in the list of programs'
Must (-not (Test-Path 'HKLM:\SYSTEM\CurrentControlSet\Services\EventLog\Application\logboom')) 'the source of events is left behind'
Must ((Test-Path $config) -and (Test-Path (Join-Path $folder 'data\syslog_*.db'))) 'settings or messages are gone'
Ok 'removed while it ran, settings and messages kept'

$holder = [Net.Sockets.Socket]::new('InterNetworkV6', 'Dgram', 'Udp')
$holder.DualMode = $true
$holder.ExclusiveAddressUse = $true
$holder.Bind([Net.IPEndPoint]::new([Net.IPAddress]::IPv6Any, 514))
$log = Join-Path $env:TEMP 'logboom-taken.log'
Install $Next 8 @("/LOG=$log")
Must ((Get-Content $log -Raw) -match 'udp :514 .*held by') 'setup does not say who holds the port'
Receives 'five' 20 1514
$holder.Dispose()
Must ((Stored 'one') -eq 100) 'messages from before are not found'
Ok 'port 514 taken: exit code 8, runs on 1514'

Remove @('/PURGE')
Until 20 '/PURGE leaves files' { -not (Test-Path $folder) }
Ok '/PURGE removes settings and messages'

# --- messages on another disk
$messages = Join-Path $env:SystemDrive 'logboom-messages'
$given = Join-Path $env:TEMP 'logboom-given.toml'
Set-Content $given @("listen.udp = [':514']", "store.directory = '$messages'")
Install $Next 0 @("/CONFIG=$given")
Receives 'six' 20
Closed $messages 'Modify'
Remove @('/PURGE')
Must (Test-Path (Join-Path $messages 'syslog_*.db')) '/PURGE has deleted messages that are elsewhere'
Remove-Item $messages -Recurse
Ok 'messages elsewhere are closed to other users, too, and stay'
