#: about
param([string]$Dir)

& {
    param($Dir, $Here)

    $ErrorActionPreference = 'Stop'
    Set-StrictMode -Version 2

#: uninstall-facts

#: places.ps1

    $places = Get-Places $(if ($Dir) { $Dir } else { $Here })
    Invoke-Uninstall
} $Dir $PSScriptRoot
