/**
 * Owns the long options that the pinned compilers know, without their dashes.
 * Nuitka 4.3.3: its option parser and its plugins', hidden and older spellings too. PyInstaller 6.22.3: its own parser.
 * A project that pins another release of its compiler may know more: an option that is not here is refused with the nearest name.
 */

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

export const NUITKA_OPTIONS = words(`
  assume-yes-for-downloads cf-protection clang clean-cache company-name copyright create-environment-from-report debug
  debug-address-sanitizer debug-c-warnings debug-immortal-assumptions debug-profile-runtime debug-self-forking debugger
  debugger-choice deployment devel-data-composer-verbose devel-generate-python-internal-offsets devel-generate-readable-code
  devel-internal-graph devel-missing-code-helpers devel-missing-trust devel-no-bytecode-to-compiled-fallback
  devel-performance-counts devel-pgo-warn-unknown devel-profile-compilation devel-recompile-c-only disable-bytecode-cache
  disable-cache disable-ccache disable-console disable-dll-dependency-cache disable-plugins enable-console enable-plugins
  experimental explain-imports file-description file-reference-choice file-version follow-import-to follow-imports follow-stdlib
  force-dll-dependency-cache-update force-runtime-environment-variable force-stderr-spec force-stdout-spec full-compat gdb
  generate-c-only github-workflow-options help help-all help-plugin help-plugins include-data-dir include-data-file
  include-data-files include-data-files-external include-distribution-metadata include-module include-onefile-external-data
  include-package include-package-data include-pickle-support-module include-plugin-directory include-plugin-files include-pmw-blt
  include-pmw-color include-qt-plugins include-raw-dir include-windows-runtime-dlls jobs linux-app-console-mode linux-app-icon
  linux-app-license linux-create-installer linux-icon linux-installer-appimagetool-path linux-installer-output linux-onefile-icon
  list-distribution-metadata list-package-data list-package-dlls list-package-exe low-memory lto macos-app-category-type
  macos-app-console-mode macos-app-create-dmg macos-app-icon macos-app-macos-min-version macos-app-mode macos-app-name
  macos-app-protected-resource macos-app-version macos-create-app-bundle macos-create-installer macos-disable-console
  macos-installer-output macos-prohibit-multiple-instances macos-sign-identity macos-sign-keyring-filename
  macos-sign-keyring-password macos-sign-notarization macos-signed-app-name macos-target-arch main main-entry-point mingw64 mode
  module module-name-choice module-parameter msvc no-debug-c-warnings no-debug-immortal-assumptions no-deployment-flag
  no-prefer-source-code no-progress-bar no-progressbar no-pyi-file no-pyi-stubs nofollow-import-to nofollow-imports
  noinclude-custom-mode noinclude-dask-mode noinclude-data-files noinclude-default-mode noinclude-dlls noinclude-numba-mode
  noinclude-pydoc-mode noinclude-pytest-mode noinclude-qt-plugins noinclude-qt-translations noinclude-setuptools-mode
  noinclude-unittest-mode nowarn-mnemonic onefile onefile-as-archive onefile-cache-mode onefile-child-grace-time
  onefile-no-compression onefile-no-dll onefile-tempdir-spec onefile-windows-splash-screen-image output-dir output-filename
  output-folder-name pgo-args pgo-c pgo-executable pgo-json pgo-python pgo-python-error-exit pgo-python-input
  pgo-python-policy-unused-module playwright-include-browser plugin-disable plugin-enable plugin-list plugin-no-detection
  prefer-source-code product-name product-version progress-bar project project-name project-requires python-debug python-flag
  python-for-scons qt-debug-plugins quiet recommended-python-version recompile-extension-modules remove-output report
  report-diffable report-template report-user-provided reproducible run script-name show-anti-bloat-changes show-memory
  show-modules show-modules-output show-plugin-usage show-progress show-scons show-source-changes show-source-inclusion-trace
  source-inclusion-args source-inclusion-timeout spacy-language-model standalone static-libpython target target-arch
  tcl-library-dir tk-library-dir torch-hub-model trace-execution trademarks unstripped update-check upx-binary upx-disable-cache
  user-package-configuration-file user-plugin verbose verbose-output version warn-implicit-exceptions warn-unusual-code
  windows-company-name windows-console-mode windows-create-installer windows-dependency-tool windows-disable-console
  windows-file-description windows-file-version windows-force-stderr-spec windows-force-stdout-spec windows-icon-from-exe
  windows-icon-from-ico windows-installer-install-dir windows-installer-license-file windows-installer-mode
  windows-installer-no-user-change-install-dir windows-installer-output windows-installer-shortcuts windows-nsis-path
  windows-product-name windows-product-version windows-uac-admin windows-uac-uiaccess xml zig
`);

export const PYINSTALLER_OPTIONS = words(`
  add-binary add-data additional-hooks-dir argv-emulation bootloader-ignore-signals clean codesign-identity collect-all
  collect-binaries collect-data collect-datas collect-submodules console contents-directory copy-metadata debug
  disable-windowed-traceback distpath exclude-module help hidden-import hiddenimport hide-console icon log-level manifest name
  noconfirm noconsole noupx nowindowed onedir onefile optimize osx-bundle-identifier osx-entitlements-file paths python-option
  recursive-copy-metadata resource runtime-hook runtime-tmpdir specpath splash splash-center strip target-arch target-architecture
  uac-admin uac-uiaccess upx-dir upx-exclude version version-file windowed workpath
`);
