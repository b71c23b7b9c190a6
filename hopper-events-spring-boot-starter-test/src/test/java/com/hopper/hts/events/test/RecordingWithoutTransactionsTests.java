/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */
package com.hopper.hts.events.test;

import java.io.File;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.HopperEvent;
import com.hopper.hts.events.OffersDisplayed;
import org.junit.jupiter.api.Test;

import org.springframework.transaction.TransactionDefinition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Not every application has transactions.
 */
class RecordingWithoutTransactionsTests {

	@Test
	void storesAtOnceWithoutSpringTx() throws Exception {
		try (URLClassLoader loader = new URLClassLoader(classPathWithoutSpringTx(),
				ClassLoader.getPlatformClassLoader())) {
			assertThatExceptionOfType(ClassNotFoundException.class)
				.isThrownBy(() -> loader.loadClass(TransactionDefinition.class.getName()));
			Class<?> recorderType = loader.loadClass(HopperEventsRecorder.class.getName());
			Object recorder = recorderType.getConstructor().newInstance();
			Object outbox = recorderType.getMethod("outbox").invoke(recorder);
			Object event = loader.loadClass(OffersDisplayed.class.getName())
				.getMethod("occurredAt", Instant.class)
				.invoke(null, Instant.EPOCH);
			loader.loadClass(EventOutbox.class.getName())
				.getMethod("store", String.class, loader.loadClass(HopperEvent.class.getName()))
				.invoke(outbox, "session-1", event);
			assertThat((List<?>) recorderType.getMethod("all").invoke(recorder)).hasSize(1);
		}
	}

	private static URL[] classPathWithoutSpringTx() throws Exception {
		String springTx = TransactionDefinition.class.getProtectionDomain().getCodeSource().getLocation().getPath();
		List<URL> urls = new ArrayList<>();
		for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
			URL url = Path.of(entry).toUri().toURL();
			if (!url.getPath().equals(springTx)) {
				urls.add(url);
			}
		}
		return urls.toArray(URL[]::new);
	}

}
