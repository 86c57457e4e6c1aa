{
  'variables': {
    # Folder of a static libpcap (include/, lib/libpcap.a); empty: the system's shared one.
    'libpcap_prefix%': '',
  },
  'targets': [
    {
      'target_name': 'arpcheck',
      'sources': [
        'addon.cc',
        'capture.cc',
        'capture_object.cc',
        'file_fold.cc',
        'file_fold_object.cc',
        'frame_ring.cc',
        'link_watch.cc',
        'netlink.cc',
        'netlink_object.cc',
        'privilege.cc',
        'repeats.cc',
        'sender.cc',
      ],
      'include_dirs': ['<!(node -p "require(\'node-api-headers\').include_dir")'],
      'defines': ['NAPI_VERSION=8', '_GNU_SOURCE'],
      'cflags': ['-Wall', '-Wextra', '-fvisibility=hidden'],
      'cflags_cc': ['-std=c++17', '-fvisibility-inlines-hidden'],
      'ldflags': ['-Wl,-z,relro,-z,now'],
      'conditions': [
        ['libpcap_prefix==""', {
          'libraries': ['-lpcap'],
        }, {
          'include_dirs': ['<(libpcap_prefix)/include'],
          'libraries': ['<(libpcap_prefix)/lib/libpcap.a'],
          'ldflags': ['-Wl,--exclude-libs,ALL'],
        }],
      ],
    },
  ],
}
