# The second build, by node-gyp. CMakeLists.txt is the first; both read native/sources.txt. A packed package has its copy in
# native/, since one beside package.json would make package managers run node-gyp; its paths hold in both places.
{
  "targets": [
    {
      "target_name": "synthetic_attention",
      "sources": [
        "<!@(node -p \"((d) => require('fs').readFileSync(d + 'sources.txt', 'utf8').split('\\n').filter(Boolean).map((line) => d + line).join(' '))(require('fs').existsSync('native') ? 'native/' : '')\")"
      ],
      "include_dirs": ["<!(node -p \"require('fs').existsSync('native') ? 'native' : '.'\")", "<!(node -p \"require('node-addon-api').include_dir\")"],
      "defines": ["NAPI_VERSION=8", "NAPI_DISABLE_CPP_EXCEPTIONS", "NODE_ADDON_API_DISABLE_DEPRECATED"],
      "cflags!": ["-O2", "-fexceptions"],
      "cflags_cc!": ["-fexceptions", "-frtti", "-std=gnu++17", "-std=gnu++20"],
      "cflags_cc": ["-std=c++17", "-O3", "-Wall", "-Wextra", "-fno-exceptions", "-fno-rtti", "-fno-math-errno", "-fstack-protector-strong", "-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=2", "-fvisibility=hidden", "-fvisibility-inlines-hidden"],
      "conditions": [
        ["OS=='linux'", {"libraries": ["-pthread", "-ldl"], "ldflags": ["-Wl,-z,relro", "-Wl,-z,now", "-Wl,-z,noexecstack"]}]
      ],
      "xcode_settings": {
        "CLANG_CXX_LANGUAGE_STANDARD": "c++17",
        "GCC_OPTIMIZATION_LEVEL": "3",
        "GCC_ENABLE_CPP_EXCEPTIONS": "NO",
        "GCC_ENABLE_CPP_RTTI": "NO",
        "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
        "OTHER_CPLUSPLUSFLAGS": ["-fno-math-errno", "-fstack-protector-strong", "-fvisibility-inlines-hidden"],
        "MACOSX_DEPLOYMENT_TARGET": "11.0"
      },
      "msvs_settings": {
        "VCCLCompilerTool": {"AdditionalOptions": ["/std:c++17", "/O2"], "ExceptionHandling": 0}
      }
    }
  ]
}
