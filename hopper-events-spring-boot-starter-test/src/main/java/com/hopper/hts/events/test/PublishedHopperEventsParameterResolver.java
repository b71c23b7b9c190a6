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

import java.lang.reflect.Method;

import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

import org.springframework.beans.factory.annotation.ParameterResolutionDelegate;
import org.springframework.test.context.junit.jupiter.SpringExtension;

/**
 * Resolves a parameter of type {@link PublishedHopperEvents} to the events of the test.
 */
final class PublishedHopperEventsParameterResolver implements ParameterResolver {

	PublishedHopperEventsParameterResolver() {
	}

	@Override
	public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
		// Spring resolves annotated parameters and those of constructors
		return parameter.getParameter().getType() == PublishedHopperEvents.class
				&& parameter.getDeclaringExecutable() instanceof Method
				&& !ParameterResolutionDelegate.isAutowirable(parameter.getParameter(), parameter.getIndex());
	}

	@Override
	public PublishedHopperEvents resolveParameter(ParameterContext parameter, ExtensionContext context) {
		HopperEventsRecorder recorder = SpringExtension.getApplicationContext(context)
			.getBean(HopperEventsRecorder.class);
		Recording recording = recorder.ofThisThread();
		return (recording != null) ? recording : recorder;
	}

}
